// `import = require`, as CommonJS written in TypeScript does it.
import tasklets = require('tasklets');
import { exactly } from './exactly.js';

exactly<tasklets.TaskHandle<number>>()(tasklets.run(() => 1));
exactly<typeof tasklets>()(tasklets.default);
const { errors, run }: typeof tasklets = tasklets;
exactly<tasklets.TaskHandle<string>>()(run(async () => 'x'));
const error: unknown = null;
if (error instanceof errors.ModuleError) exactly<'ERR_TASKLETS_MODULE'>()(error.code);

// Two mistakes on purpose: they show that the other files here are really looked at.
import { run, type TaskHandle } from 'tasklets';
import { exactly } from '../exactly.js';

exactly<TaskHandle<string>>()(run(() => 1));
exactly<TaskHandle<number>>()(run(() => 1));
// @ts-expect-error nothing is wrong here
run(() => 1);

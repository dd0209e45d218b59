'use strict';

/**
 * What is known of a worker's seat before anything else is loaded.
 *
 * @type {{ addon: string | undefined }}
 */
module.exports = { addon: undefined };

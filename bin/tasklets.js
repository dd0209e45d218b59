#!/usr/bin/env node
'use strict';

require('./cli').main(process.argv.slice(2));

'use strict';

// Debian 12 has Node 18, whose File is not global yet; a library of the sandbox asks for it when it loads.
globalThis.File ??= require('node:buffer').File;

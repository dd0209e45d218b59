'use strict';

const js = require('@eslint/js');
const globals = require('globals');

/** Layout is prettier's business: nothing here is about spaces. */
module.exports = [
  {
    // Made by `napi build`, built, or not ours; __test__/types is the compiler's to judge.
    ignores: [
      'dist/',
      '**/node_modules/',
      'target/',
      'coverage/',
      'site/',
      '.examples-*/',
      '__test__/types/',
    ],
  },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // What is written is what happens.
      eqeqeq: ['error', 'always'],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-implicit-coercion': ['error', { boolean: false }],
      'no-return-assign': 'error',
      'no-sequences': 'error',
      'no-shadow': ['error', { builtinGlobals: false }],
      'no-unused-expressions': 'error',
      'no-unused-vars': ['error', { args: 'after-used', caughtErrors: 'all' }],
      'no-use-before-define': ['error', { functions: false, classes: false, variables: false }],
      'no-useless-return': 'error',
      'array-callback-return': 'error',
      'default-case-last': 'error',
      'object-shorthand': 'error',
      'prefer-template': 'error',

      // Code that comes as text is the business of lib/capture and lib/worker, which say so where they do it.
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',

      // Promises: nothing is lost, nothing waits for itself.
      'no-promise-executor-return': 'error',
      'no-unmodified-loop-condition': 'error',
      'prefer-promise-reject-errors': 'error',
      'require-atomic-updates': ['error', { allowProperties: true }],

      // Objects that users hand in may have no prototype, or a false one.
      'no-extend-native': 'error',
      'no-prototype-builtins': 'error',
      'prefer-object-has-own': 'error',
      'no-underscore-dangle': 'error',
    },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', ecmaVersion: 2024, globals: globals.node },
    rules: { strict: ['error', 'global'] },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { sourceType: 'module', ecmaVersion: 2024, globals: globals.node },
  },
  {
    // What users do, tests do: run text as code, throw what is no error, capture in every way there is.
    files: ['__test__/**', 'examples/**'],
    rules: {
      'no-eval': 'off',
      'no-new-func': 'off',
      'no-shadow': 'off',
      'no-underscore-dangle': 'off',
      'no-unused-expressions': 'off',
      'no-var': 'off',
      'prefer-const': 'off',
      'prefer-promise-reject-errors': 'off',
      'require-atomic-updates': 'off',
    },
  },
];

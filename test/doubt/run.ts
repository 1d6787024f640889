/** `npm run test:doubt`: the tests of lost COMMITs, stopped, slow and full databases alone. */
process.argv.splice(2, process.argv.length, 'test/doubt/');
await import('../run.ts');

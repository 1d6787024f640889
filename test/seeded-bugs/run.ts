/** `npm run test:seeded-bugs`: plants every bug of the list, of which `npm test` plants the quick ones. */
process.env.SEEDED_BUGS = 'all';
// run.ts reads the words that keep files.
process.argv.splice(2, process.argv.length, 'test/seeded-bugs/');
await import('../run.ts');

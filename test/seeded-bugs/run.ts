/**
 * `npm run test:seeded-bugs [words...]`: plants every bug of the list, of which `npm test` plants the quick ones; words
 * keep those whose name contains one of them.
 */
process.env.SEEDED_BUGS = process.argv.slice(2).join(',') || 'all';
// run.ts reads the words that keep files.
process.argv.splice(2, process.argv.length, 'test/seeded-bugs/');
await import('../run.ts');

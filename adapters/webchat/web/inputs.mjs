// Writes ../dist/.inputs: a hash of what the build was made from. A Go test
// compares it, so a forgotten build is found without Node.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';

const roots = ['package-lock.json', 'package.json', 'public', 'src', 'tsconfig.json', 'vite.config.ts'];
const walk = (p) => (statSync(p).isDirectory() ? readdirSync(p).flatMap((n) => walk(`${p}/${n}`)) : [p]);
const all = createHash('sha256');
for (const f of roots.flatMap(walk).sort()) {
  all.update(`${createHash('sha256').update(readFileSync(f)).digest('hex')}  ${f}\n`);
}
writeFileSync('../dist/.inputs', all.digest('hex') + '\n');

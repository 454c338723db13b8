// Writes ../dist/.inputs: the hash of everything that the pages are built from.
// A Go test computes it again and fails if somebody forgot to build.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const files = ['index.html', 'package.json', 'package-lock.json', 'tsconfig.json', 'vite.config.ts'];
for (const dir of ['src', 'public']) {
  for (const e of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (e.isFile() && !e.name.includes('.test.')) files.push(`${e.parentPath}/${e.name}`);
  }
}
const sum = createHash('sha256');
for (const f of files.sort()) {
  sum.update(f + '\n' + createHash('sha256').update(readFileSync(f)).digest('hex') + '\n');
}
writeFileSync('../dist/.inputs', sum.digest('hex') + '\n');

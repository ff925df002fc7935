import { plants } from './tests/simulation/planted/plants.ts';
import { readFileSync } from 'node:fs';
for (const p of plants as any[]) for (const e of p.edits ?? p.changes ?? [p]) { const s = readFileSync(e.file, 'utf8'); const n = s.split(e.find).length - 1; if (n !== 1) console.log('---', p.id ?? p.name, '|', e.file, n, '\nFIND:', e.find, '\nREPL:', e.replace); }

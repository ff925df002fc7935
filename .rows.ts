import { readFileSync } from 'node:fs';
import { simulate } from './src/testing/simulate.ts';
import { SimServer } from './src/testing/server/simServer.ts';
const raw = JSON.parse(readFileSync(process.argv[2]!, 'utf8')); const plan = raw.plan ?? raw;
const P = JSON.parse;
const orig = Array.prototype.push;
import * as codec from './store/rows/codec.ts';
import { World } from './src/testing/world/world.ts';
const note = World.prototype.note;
World.prototype.note = function (this: any, what: string) { console.log(String(Math.round(this.now)-1700000000000).padStart(7), what); return note.call(this, what); } as any;
const seen = new Set<string>();
JSON.parse = function (t: any, ...r: any[]) { const v = P.call(JSON, t, ...r); if (v && typeof v === 'object' && v.v === 1 && v.type && v.actionId) { const k = JSON.stringify(v.actionId); if (!seen.has(k)) { seen.add(k); console.log(JSON.stringify(v)); } } return v; } as any;
try { const r = await simulate(Number(process.argv[3]), plan, {} as any); console.log('ok'); for (const e of (r as any).run?.server.ledger ?? []) console.log(JSON.stringify(e)); } catch (e: any) { console.log(String(e)); }

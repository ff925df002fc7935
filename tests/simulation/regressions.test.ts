import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readOptions } from '../../scripts/sim/options.ts';
import { readRegression, readRegressions, replay } from '../../scripts/sim/regressions.ts';

const regressions = await readRegressions();
const bare = { devices: 1, ids: 'client', onReject: 'keep', steps: [], faults: [] };
const create = { at: 10, device: 0, record: 0, do: 'create' };
const words = { what: 'something', invariant: 'I1', seed: 1 };

describe('plans that once broke a promise', () => {
  test.each(regressions)('$invariant: $what', async ({ name, seed, plan }) => {
    expect(await replay(name, seed, plan)).toBeNull();
  });

  test('a plan whose faults never strike any more proves nothing, and says so', async () => {
    const faults = [{ on: 'request', device: 0, n: 900, do: 'html' }];
    const stale = readRegression(JSON.stringify({ ...words, plan: { ...bare, faults } }), 'a.json');
    await expect(replay(stale.name, stale.seed, stale.plan)).rejects.toThrow(
      'a.json: these faults of the plan never strike: {"on":"request","device":0,"n":900,"do":"html"}',
    );
  });

  test.each([
    ['half of it', '{"what": "x', 'a.json: this is no JSON'],
    ['no plan', '[]', 'a.json: this is no plan'],
    ['no devices', { ...bare, devices: undefined }, '"devices" of the plan is missing'],
    ['no list of steps', { ...bare, steps: {} }, '"steps" of the plan is missing or no list'],
    ['a step in words', { ...bare, steps: [create, 'wait'] }, 'steps[1] of the plan is malformed'],
    ['an unknown step', { ...bare, steps: [{ ...create, do: 'fly' }] }, 'unknown step: fly'],
    [
      'an unknown fault',
      { ...bare, faults: [{ on: 'disk', device: 0, n: 1, do: 'explode' }] },
      'a.json: unknown fault: explode on disk',
    ],
    [
      'a fault at no moment',
      { ...bare, faults: [{ on: 'time', device: 0, do: 'kill' }] },
      'faults[0] of the plan is malformed',
    ],
    ['no seed', { ...words, seed: null, plan: bare }, 'a.json: a regression says'],
    ['a seed of more than 32 bits', { ...words, seed: 2 ** 32, plan: bare }, '"seed" is malformed'],
    ['no words', { ...words, what: '', plan: bare }, 'a.json: a regression says'],
  ])('a file with %s is refused in words', (_, content, message) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    expect(() => readRegression(text, 'a.json')).toThrow(message);
  });
});

describe('npm run sim', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sim-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function sim(...args: string[]): Promise<{ code: number; said: string }> {
    const child = spawn(process.execPath, ['scripts/sim.ts', ...args], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    const [code] = (await once(child, 'close')) as [number];
    return { code, said };
  }

  test('tells what it did: seeds, steps, faults, and where no fault ever struck', async () => {
    const { code, said } = await sim('--seeds', '30', '--seed', '7', '--workers', '2');
    expect(said).toMatch(/\d+ regressions and 30 seeds from 7: no promise broken/);
    expect(said).toMatch(/\d+ full seeds of 300 steps a second of one core/);
    expect(said).toMatch(/append recorded +(\d+|\.)/);
    expect(said).toMatch(/\d+ of \d+ cells were hit; nothing ever struck at/);
    expect(code).toBe(0);
  });

  test.each([
    ['an unknown option', ['--fast'], "Unknown option '--fast'"],
    ['no number', ['--seeds', 'many'], '--seeds takes a whole number from 1'],
    ['no seeds at all', ['--seeds', '0'], '--seeds takes a whole number from 1'],
    ['half a seed', ['--seed', '1.5'], '--seed takes a whole number from 0'],
    ['a seed beyond 32 bits', ['--seed', '4294967296'], '--seed takes a whole number from 0'],
    ['seeds that end too early', ['--seed', '0xffffffff', '--seeds', '2'], 'too many'],
    ['two wishes', ['--plan', 'a.json', '--seeds', '2'], '--plan repeats one day'],
  ])('%s is refused in words', (_, args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });

  test('what is refused ends with 2 and without a stack', async () => {
    const ends = await Promise.all([sim('--fast'), sim('--plan', 'nowhere.json')]);
    expect(ends[0]?.said).toContain("Unknown option '--fast'");
    expect(ends[1]?.said).toContain('nowhere.json: there is no such file');
    for (const { code, said } of ends) {
      expect(said).not.toContain('    at ');
      expect(code).toBe(2);
    }
  });

  test('a plan that proves nothing is an error; one that does is repeated', async () => {
    const run = async (name: string, plan: object) => {
      const path = join(folder, name);
      await writeFile(path, JSON.stringify({ ...words, plan }));
      return sim('--plan', path);
    };
    const never = { on: 'disk', device: 0, n: 900, do: 'quota' };
    const [idle, unknown, good] = await Promise.all([
      run('idle.json', { ...bare, faults: [never] }),
      run('unknown.json', { ...bare, faults: [{ ...never, do: 'explode' }] }),
      run('good.json', { ...bare, steps: [create], faults: [{ ...never, n: 2 }] }),
    ]);
    expect(idle.said).toContain('these faults of the plan never strike');
    expect(unknown.said).toContain('unknown fault: explode on disk');
    expect([idle.code, unknown.code]).toEqual([2, 2]);
    expect(`${idle.said}${unknown.said}`).not.toContain('    at ');
    expect(good).toMatchObject({ code: 0, said: expect.stringContaining('no promise broken') });
  });
});

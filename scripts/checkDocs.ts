import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Compiles every `ts` and `tsx` block of the README and the docs, as a user would: with the
 * package's own entries. A block that does not compile fails the check.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, '.tmp', 'docs-code');

async function documents(): Promise<string[]> {
  const inDocs = await readdir(join(root, 'docs'), { recursive: true });
  const pages = inDocs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name));
  return ['README.md', ...pages];
}

function blocksIn(text: string): { code: string; extension: string }[] {
  const found = text.matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm);
  return [...found].map(([, extension = 'ts', code = '']) => ({ code, extension }));
}

async function write(): Promise<number> {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  let count = 0;
  for (const page of await documents()) {
    const blocks = blocksIn(await readFile(join(root, page), 'utf8'));
    for (const [i, { code, extension }] of blocks.entries()) {
      const name = `${page.replaceAll(/[^\w]/g, '-')}-${i + 1}.${extension}`;
      await writeFile(join(target, name), `// ${page}, block ${i + 1}\n${code}\nexport {};\n`);
      count++;
    }
  }
  const up = relative(target, root);
  const config = {
    extends: join(up, 'tsconfig.json'),
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: ['.'],
    exclude: [],
  };
  await writeFile(join(target, 'tsconfig.json'), JSON.stringify(config));
  return count;
}

function compile(): Promise<number> {
  const compiler = spawn('tsc', ['--noEmit', '-p', target], { stdio: 'inherit', cwd: root });
  return new Promise((resolve) => compiler.on('exit', (code) => resolve(code ?? 1)));
}

const count = await write();
if (count === 0) throw new Error('no code was found in the docs: is the pattern right?');
process.exitCode = await compile();
if (process.exitCode === 0) console.log(`${count} code blocks of the docs compile`);

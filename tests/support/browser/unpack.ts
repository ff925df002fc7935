import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflate } from '@sparticuz/chromium';

/**
 * A script: unpacks all of @sparticuz/chromium into TMPDIR, the only place that package writes to.
 * Archive by archive, because its own `executablePath()` leaves the NSS libraries out unless it
 * believes itself on Amazon Linux.
 */
const bin = new URL('../bin/', import.meta.resolve('@sparticuz/chromium'));
const archives = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'];

await Promise.all(archives.map((archive) => inflate(fileURLToPath(new URL(archive, bin)))));

/** The packed fonts.conf names fixed folders of a cloud function; this one looks beside itself. */
const fontsConf = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;
await writeFile(join(tmpdir(), 'fonts/fonts.conf'), fontsConf);

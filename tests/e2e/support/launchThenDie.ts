import { writeSync } from 'node:fs';
import { launchBrowser } from '../../support/browser/launch.ts';

/** A script: starts a browser on the given profile, prints its group, and dies with no farewell. */
const [profile = ''] = process.argv.slice(2);
const { pid } = await launchBrowser({ profile });
writeSync(1, String(pid));
process.kill(process.pid, 'SIGKILL');

import 'fake-indexeddb/auto';
import { browserEnv } from '../../src/env/browserEnv.ts';
import { indexedDb, memory } from '../../src/storage.ts';
import { storageContract } from './storage.ts';

storageContract('memory', memory);
storageContract('indexedDB through localforage', () => indexedDb(browserEnv));

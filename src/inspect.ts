export { SyncInspector, type SyncInspectorProps } from './inspect/SyncInspector.tsx';

import type { DeviceName } from '../createDevice.ts';

export const deviceTitles: Readonly<Record<DeviceName, string>> = {
  laptop: 'Laptop',
  phone: 'Phone',
};

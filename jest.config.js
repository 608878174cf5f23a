// force timezone to UTC to allow tests to work regardless of local timezone
// generally used by snapshots, but can affect specific tests
process.env.TZ = 'UTC';

const base = require('./.config/jest.config');
const [swc] = Object.values(base.transform);

module.exports = {
  // Whole forms are rendered and typed into; a busy machine takes its time.
  testTimeout: 60_000,
  // Jest configuration provided by Grafana scaffolding
  ...base,
  // The shared libraries ship .mjs; Jest runs CommonJS, so they are transformed like our own code.
  transform: { '^.+\\.m?[jt]sx?$': swc },
  transformIgnorePatterns: [],
};

import { lines, sentence } from './text';

it.each([
  ['', ''],
  ['grant aps:QueryMetrics on * to x', 'Grant aps:QueryMetrics on * to x.'],
  ['aps:QueryMetrics is not permitted', 'aps:QueryMetrics is not permitted.'],
  ['aps.eu-west-1.amazonaws.com: timeout', 'aps.eu-west-1.amazonaws.com: timeout.'],
  ['assumeRoleARN has no effect', 'assumeRoleARN has no effect.'],
  ["this machine's clock is wrong.", "This machine's clock is wrong."],
  ['"reader" is not a role', '"reader" is not a role.'],
])('%j is written %j', (text, want) => {
  expect(sentence(text)).toBe(want);
});

it.each([
  ['', []],
  ['grant it', ['grant it']],
  ['grant aps:GetLabels on  *', ['grant', 'aps:GetLabels', 'on *']],
  ['to arn:aws:iam::1:user/a now', ['to', 'arn:aws:iam::1:user/a', 'now']],
])('%j has the lines %j', (text, want) => {
  expect(lines(text, 10)).toEqual(want);
});

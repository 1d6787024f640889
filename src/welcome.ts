/** The key and the identity with which the published example can be tried. */
export interface Example {
  readonly apiKey: string;
  readonly identityId: string;
  readonly demo: boolean;
}

/** @returns what a person reads when the server has started; `example` where its secrets are told. */
export function describeStart(address: string, example?: Example): string {
  const where = [`Purser serves on ${address}`, `Documentation:  ${address}/docs`];
  if (!example) return where.join('\n');
  const { apiKey, identityId, demo } = example;
  const intro = demo
    ? 'This is a demo with made-up data; everything is gone when it stops.'
    : 'This is the first start. Keep the key, it is shown only this once; more: npm run purser -- key create';
  return [
    ...where,
    '',
    intro,
    '',
    `API key:        ${apiKey}`,
    `Identity:       ${identityId}  (a sample customer with 510 credits)`,
    '',
    'Spend the first credit:',
    '',
    curlCommand(address, apiKey, identityId),
    '',
  ].join('\n');
}

/** @returns the published example request, to the letter but for the address, the key and the identity. */
export function curlCommand(address: string, apiKey: string, identityId: string): string {
  return `curl -X POST "${address}/api/v1/customer/credit-spend?apiKey=${apiKey}" \\
  -H "Content-Type: application/json" \\
  -d '{
  "identityId": "${identityId}",
  "amount": 100,
  "description": "video.rewrite:15m",
  "customerRealIp": "1.1.1.1"
}'`;
}

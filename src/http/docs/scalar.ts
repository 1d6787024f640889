import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import Fastify from 'fastify';
import { ATTRIBUTION_HTML } from './attribution.ts';

/** The API reference's program, plain and gzipped, as the package brings it. */
export interface ScalarBundle {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

let bundle: Promise<ScalarBundle> | undefined;

/**
 * Takes the browser bundle out of the package's plugin, which has it only behind a route, in a page whose inline
 * script our Content-Security-Policy would not run. Loaded with the first reader: most processes never need it.
 */
export function loadScalarBundle(): Promise<ScalarBundle> {
  bundle ??= readBundle();
  return bundle;
}

async function readBundle(): Promise<ScalarBundle> {
  const { default: plugin } = await import('@scalar/fastify-api-reference');
  const shelf = Fastify();
  try {
    await shelf.register(plugin, { routePrefix: '/docs', configuration: { url: '/openapi.json' } });
    const { statusCode, rawPayload } = await shelf.inject('/docs/js/scalar.js');
    if (statusCode !== 200) throw new Error('the API reference has no bundle where it used to be');
    return { plain: rawPayload, gzipped: await promisify(gzip)(rawPayload) };
  } finally {
    await shelf.close();
  }
}

/** The page at /docs. */
export const REFERENCE_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference · Purser</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
</head>
<body>
<div id="reference"></div>
${ATTRIBUTION_HTML}
<script src="/docs/scalar.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** Starts the reference: no telemetry, no fonts, proxy or service of anyone else's, this server in the samples. */
export const START_SCRIPT = `Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  servers: [{ url: window.location.origin, description: 'This server' }],
  baseServerURL: window.location.origin,
  telemetry: false,
  withDefaultFonts: false,
  proxyUrl: '',
  externalUrls: { dashboardUrl: '', registryUrl: '', proxyUrl: '', apiBaseUrl: '' },
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  persistAuth: false,
  orderSchemaPropertiesBy: 'preserve',
  orderRequiredPropertiesFirst: false,
  authentication: { preferredSecurityScheme: 'bearer' },
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  favicon: '/assets/icon.svg',
  metaData: { title: 'API reference · Purser' },
});
`;

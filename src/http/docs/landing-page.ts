import { html, page } from './html.ts';

/** The page at /: what this is, and where to go on. */
export function landingPage(baseUrl: string, demo: boolean): string {
  const sample = demo
    ? html`<h2>Try it</h2>
<p>This is the throw-away demo. It knows the sample key and the sample customer of the documentation, who has 510 credits:</p>
<pre><code>curl -X POST "${baseUrl}/api/v1/customer/credit-spend?apiKey=PRODPGrFxpGEtrOZfuWhnoJohUYBXuOE" \\
  -H "Content-Type: application/json" \\
  -d '{
  "identityId": "Z9CPkS2o3UV163VQn5OUv0T8BQi8Fvdg",
  "amount": 100,
  "description": "video.rewrite:15m",
  "customerRealIp": "1.1.1.1"
}'</code></pre>`
    : html`<h2>Check your key</h2>
<p>The first start printed a key. <code>npm run purser -- key create --kind DEV</code> makes another one.</p>
<pre><code>curl -H "Authorization: Bearer YOUR_API_KEY" ${baseUrl}/api/v1/ping</code></pre>`;
  return page(
    'Purser',
    html`<h1>Your customers’ credit, exact to the millionth.</h1>
<p class="lead">This server keeps prepaid credit: your shop grants it, your apps spend it, and every change is on disk before the answer leaves.</p>
<ul class="cards">
<li><a href="/docs"><strong>API reference</strong><span>Every endpoint, with samples for this server and a form to try them.</span></a></li>
<li><a href="/errors"><strong>Errors</strong><span>What each code means and what to do about it.</span></a></li>
<li><a href="/openapi.json"><strong>openapi.json</strong><span>The same for programs: OpenAPI 3.1.</span></a></li>
<li><a href="/health/ready"><strong>Health</strong><span>Whether requests can be served right now.</span></a></li>
</ul>
${sample}`,
  );
}

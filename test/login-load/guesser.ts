import http from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

/** Where it logs in. */
export interface Target {
  readonly url: string;
  readonly apiKey: string;
}

/**
 * A thread that logs in with wrong passwords for the e-mail addresses it is sent, all at once, each on a connection of its
 * own, and answers what each of them got: a status, and the published code where there is one.
 */
const { url, apiKey } = workerData as Target;
const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

function logIn(email: string): Promise<string> {
  const body = JSON.stringify({ email, password: 'a wrong password' });
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve) => {
    const request = http.request(`${url}/api/v1/customer/login`, { method: 'POST', agent, headers });
    request.once('error', (error) => resolve(error.message));
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('close', () => resolve(/"(E00\d)"/.exec(text)?.[1] ?? String(response.statusCode)));
    });
    request.end(body);
  });
}

parentPort?.on('message', async (emails: readonly string[]) => {
  parentPort?.postMessage(await Promise.all(emails.map(logIn)));
});

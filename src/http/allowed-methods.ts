import type { RouteOptions } from 'fastify';

/** Which methods each path takes, for the Allow header of a 405. */
export class AllowedMethods {
  readonly #fixed = new Map<string, Set<string>>();
  readonly #patterns: { readonly pattern: RegExp; readonly methods: Set<string> }[] = [];

  add(route: Pick<RouteOptions, 'method' | 'url'>): void {
    const { url } = route;
    let methods = this.#fixed.get(url);
    if (methods === undefined) {
      methods = new Set();
      this.#fixed.set(url, methods);
      // A route with a parameter, such as /errors/:code.
      if (url.includes(':'))
        this.#patterns.push({ pattern: new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`), methods });
    }
    for (const method of [route.method].flat()) methods.add(method);
  }

  /** @returns the value of Allow, or undefined where no route has this path. */
  of(url: string): string | undefined {
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    const methods =
      this.#fixed.get(path) ?? this.#patterns.find(({ pattern }) => pattern.test(path))?.methods;
    return methods === undefined ? undefined : [...methods].join(', ');
  }
}

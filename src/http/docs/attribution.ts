import { shippedDates } from '../../ip/databases.ts';

/** The licences of the data on addresses ask to be named where answers are shown (docs/ip.md). */

const { country, asn } = shippedDates();
const COUNTRY = `Countries: geo-whois-asn-country by ip-location-db, CC0 1.0${country === null ? '' : `, ${country}`}.`;
const ASN_DATE = asn === null ? '' : `, ${asn}`;

/** For the reference. */
export const ATTRIBUTION_MARKDOWN = `What is known of IP addresses. ${COUNTRY} Networks: asn by ip-location-db, CC BY 4.0${ASN_DATE}, with data of [RouteViews](https://www.routeviews.org), the [NRO](https://www.nro.net) and [DB-IP](https://db-ip.com), modified: [IP Geolocation by DB-IP](https://db-ip.com).`;

/** The same for a page. */
export const ATTRIBUTION_HTML = `<footer id="attribution">
<small>${COUNTRY} Networks: asn by ip-location-db, <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>${ASN_DATE}, with data of <a href="https://www.routeviews.org">RouteViews</a>, the <a href="https://www.nro.net">NRO</a> and DB-IP, modified. <a href="https://db-ip.com">IP Geolocation by DB-IP</a></small>
</footer>`;

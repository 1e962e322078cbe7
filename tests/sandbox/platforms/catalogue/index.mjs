import { amazon } from './amazon.mjs';
import { jd } from './jd.mjs';
import { pdd } from './pdd.mjs';
import { taobao } from './taobao.mjs';
import { tiktok } from './tiktok.mjs';

/**
 * What differs between the platforms.
 *
 * `authorize`: how the page's parameters are called; `client` is [parameter, field of the application].
 * `request`: how tokens are asked for; with `endpoints`, each address knows one kind of grant.
 * `answer` and `refusal` give what goes out; `rotates`: a refresh gives a new refresh token.
 */
export const PLATFORMS = { amazon, jd, taobao, pdd, tiktok };
export const CHANNELS = Object.keys(PLATFORMS);

/** A refusal of a platform; each platform has its own words for the same `reason`. */
export class Refusal extends Error {
  /**
   * @param {'method'|'content_type'|'missing'|'client'|'secret'|'grant_type'|'code'|'redirect_uri'|'refresh_token'
   *   |'refresh_expired'|'cannot_refresh'|'busy'} reason
   * @param {string} detail what is missing or wrong, for the log and for the platforms that tell
   */
  constructor(reason, detail = '') {
    super(detail === '' ? reason : `${reason}: ${detail}`);
    this.reason = reason;
    this.detail = detail;
  }
}

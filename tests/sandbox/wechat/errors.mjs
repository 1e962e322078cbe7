/** A refusal in WeChat Pay's words. */
export class ApiError extends Error {
  constructor(status, code, message, detail = undefined) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }

  get body() {
    return { code: this.code, message: this.message, ...(this.detail && { detail: this.detail }) };
  }
}

export const badParameter = (field, issue, location = 'body') => (
  new ApiError(400, 'PARAM_ERROR', '参数错误', { field: `/${field}`, issue, location })
);
export const signError = (message, detail) => new ApiError(401, 'SIGN_ERROR', message, detail);

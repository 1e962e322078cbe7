<?php

/**
 * The PHP surface of the chathub extension, for editors and static analysis.
 *
 * A test compares every class, method, parameter, default and type below with what the built
 * extension reflects; the prose and the array shapes are written by hand.
 *
 * Conventions: amounts are strings in yuan with two decimals ("50.00") unless a key ends in `_fen`
 * (integer fen). `*_at` values are "YYYY-MM-DD HH:MM:SS" in the site's time zone, `*time` values are
 * Unix seconds. Every method of Hub may throw ConfigException and StorageException. What carries a
 * secret is marked #[\SensitiveParameter]: stack traces do not show it.
 */

namespace ChatHub {

    /**
     * Base of everything the extension throws on purpose.
     *
     * getMessage() is for an operator (logs, diagnosis). A member may read getPublicMessage() only.
     */
    class Exception extends \RuntimeException
    {
        /** @var string */
        protected $publicMessage = '系统繁忙，请稍后重试';

        /** @var string */
        protected $key = 'error';

        /** @var string|null */
        protected $field = null;

        /** What a member may read: Chinese, without secrets or internals. */
        public function getPublicMessage(): string {}

        /** A stable identifier of the reason, e.g. "email_taken"; the key of a translation. */
        public function getKey(): string {}

        /** The input field that the error belongs to, or null. */
        public function getField(): ?string {}
    }

    /** A value that the caller supplied cannot be used. */
    class InvalidInput extends Exception {}

    /** The row does not exist, or is not the caller's to see. */
    class NotFound extends Exception {}

    /** Known caller, refused: wrong password, rate limit (`too_many_attempts`), suspended tenant, … */
    class Forbidden extends Exception {}

    /** A signature is missing, malformed or wrong. Nothing that was signed with it may be believed. */
    class SignatureException extends Exception {}

    /** The site's configuration is missing something or contradicts itself. */
    class ConfigException extends Exception {}

    /** A payment provider or the provisioning service refused, or its answer cannot be believed. */
    class ProviderException extends Exception {}

    /** The database could not be reached or refused; nothing was half-written. */
    class StorageException extends Exception {}

    /**
     * Alipay RSA2 (SHA256withRSA, PKCS#1 v1.5), pure and stateless.
     *
     *     $params['sign'] = \ChatHub\Alipay::sign($params, $merchantPrivateKey);
     *     $fields = \ChatHub\Alipay::verify(file_get_contents('php://input'), $alipayPublicKey);
     */
    final class Alipay
    {
        /** Always throws: there is nothing to make. */
        public function __construct() {}

        /**
         * Signs request parameters: drops `sign` and empty values, keeps `sign_type`, sorts by byte.
         *
         * @param array<string,string|int|float> $params
         * @param string $privateKey PKCS#1 or PKCS#8; PEM or bare base64; or "file:/abs/path"
         * @return string base64 signature
         * @throws InvalidInput|ConfigException
         */
        public static function sign(array $params, #[\SensitiveParameter] string $privateKey): string {}

        /**
         * Verifies a notification or a synchronous return and gives its decoded fields.
         *
         * @param string|array<string,string> $form raw body (preferred; decoded exactly once here) or decoded fields
         * @param string $publicKey Alipay's key: SPKI as PEM or bare base64, a certificate, or "file:/abs/path"
         * @return array<string,string> every field but `sign` and `sign_type`
         * @throws SignatureException|InvalidInput|ConfigException
         */
        public static function verify(mixed $form, #[\SensitiveParameter] string $publicKey): array {}
    }

    /**
     * WeChat Pay API v3, pure and stateless.
     *
     *     $authorization = \ChatHub\WechatPay::authorization('POST', $url, $json, $mchId, $serialNo, $privateKey);
     *     \ChatHub\WechatPay::verify(getallheaders(), file_get_contents('php://input'), ['PUB_KEY_ID_…' => $pem]);
     *     $order = json_decode(\ChatHub\WechatPay::decrypt($notification['resource'], $apiV3Key), true);
     */
    final class WechatPay
    {
        /** Always throws: there is nothing to make. */
        public function __construct() {}

        /**
         * The value of the `Authorization` header. Send exactly this method, URL and body.
         *
         * @param string $method in capital letters
         * @param string $url absolute, or from the path on; with its query
         * @param string $body empty for GET
         * @param string $serialNo of the merchant's certificate, upper-case hex
         * @param string $privateKey PKCS#1 or PKCS#8; PEM or bare base64; or "file:/abs/path"
         * @throws InvalidInput|ConfigException
         */
        public static function authorization(string $method, string $url, string $body, string $mchId, string $serialNo, #[\SensitiveParameter] string $privateKey): string {}

        /**
         * Verifies a notification or the answer to a request: signature, and a time within 300 s of now.
         *
         * A signature probe (WECHATPAY/SIGNTEST/…) has the key `wechat_probe`: refuse it, raise no alarm.
         * An unknown serial has the key `wechat_unknown_serial`.
         *
         * @param array<string,string|list<string>> $headers in any letter case
         * @param string $body the raw body
         * @param array<string,string> $keys certificate serial (upper-case hex) or PUB_KEY_ID_… => PEM or "file:/abs/path"
         * @param int|null $now Unix seconds; null for the clock
         * @throws SignatureException|ConfigException|InvalidInput
         */
        public static function verify(array $headers, string $body, array $keys, ?int $now = null): void {}

        /**
         * Decrypts the `resource` of a notification or an `encrypt_certificate` (AES-256-GCM).
         *
         * @param array{algorithm:string,ciphertext:string,nonce:string,associated_data?:?string} $resource
         * @param string $apiV3Key exactly 32 bytes, or "file:/abs/path"
         * @throws SignatureException when it was changed or is encrypted with another key
         * @throws ConfigException `api_v3_key_length`
         */
        public static function decrypt(array $resource, #[\SensitiveParameter] string $apiV3Key): string {}
    }

    /**
     * Shop credentials as the gateway keeps them: 12-byte nonce, AES-256-GCM ciphertext, 16-byte tag. A blob is never
     * valid UTF-8; bytes that are valid UTF-8 are plain JSON of an earlier version, and open() refuses them.
     *
     *     $blob = (new \ChatHub\Vault(getenv('GATEWAY_AES_KEY')))->seal(['access_token' => $token]);
     */
    final class Vault
    {
        /**
         * @param string $base64Key standard base64 of 32 bytes, or "file:/abs/path" of a file that holds it
         * @throws ConfigException `vault_missing`, `vault_key`, `vault_key_file`
         */
        public function __construct(#[\SensitiveParameter] string $base64Key) {}

        /**
         * @param array<string,mixed> $credentials what PHP can write as a JSON object
         * @return string the blob, binary; the column takes 2048 bytes
         * @throws InvalidInput
         */
        public function seal(#[\SensitiveParameter] array $credentials): string {}

        /**
         * @return array<string,mixed>
         * @throws ConfigException `credentials_unreadable`: sealed with another key, or changed
         */
        public function open(string $blob): array {}
    }

    /**
     * The use cases, one object per request.
     *
     *     $hub = new \ChatHub\Hub(\think\Config::get('database'), $addonConfig + ['timezone' => date_default_timezone_get()]);
     */
    final class Hub
    {
        /** The extension's version, x.y.z. */
        public const VERSION = '';

        /**
         * Opens nothing: the connection is made by the first method that needs it and kept by the process.
         *
         * @param array<string,mixed> $database ThinkPHP's array: hostname or socket, hostport, database, username, password, prefix, charset
         * @param array<string,mixed> $config the addon's configuration, plus `timezone` (date_default_timezone_get()),
         *                                    `request_base_url` (how this request reached the site: scheme, host, folder; used in
         *                                    sandbox mode only), `request_language` (zh-cn or en: that of a new member's mail) and
         *                                    FastAdmin's mail settings: mail_type, mail_smtp_host, mail_smtp_port, mail_smtp_user,
         *                                    mail_smtp_pass, mail_verify_type, mail_from
         */
        public function __construct(
            #[\SensitiveParameter] array $database,
            #[\SensitiveParameter] array $config
        ) {}

        /**
         * The plans on sale, cheapest first.
         *
         * @return list<array{plan:string,name:string,seats:int,max_extra_seats:int,price:string,price_fen:int,extra_seat_price:string,extra_seat_price_fen:int}>
         */
        public function plans(): array {}

        /**
         * Registers a company: account (when new), tenant with a 30-day trial, provisioning within a bounded wait.
         *
         * @param array<string,mixed> $input company_name*, email*, domain*, plan, seats (EXTRA seats, enterprise only), notes — raw, unfiltered
         * @param string $ip the client's address, for the limit per address
         * @param int|null $userId the signed-in member; pass it only for requests whose CSRF token was checked
         * @return array{tenant_id:int,user_id:int,company_name:string,email:string,plan:string,plan_name:string,price:string,seats:int,status:string,embed_code:?string,initial_password:?string,expire_at:string,expire_date:string,awaits_confirmation:bool}
         *         awaits_confirmation: nothing is made before the link in a letter was used (configuration `confirm_email`); status: active | provisioning | pending; initial_password only when the account was just made; expire_date is YYYY-MM-DD
         * @throws InvalidInput with getField(); key `email_taken` when the address has an account and nobody is signed in to it
         * @throws Forbidden `too_many_attempts`
         */
        public function register(array $input, string $ip, ?int $userId = null): array {}

        /**
         * Checks a member's password (bcrypt, or FastAdmin's md5(md5(password).salt)).
         *
         * @return array{user_id:int,email:string,nickname:string,session_mark:string} session_mark changes with the password
         * @throws Forbidden `wrong_password` (also for an unknown address), `too_many_attempts`, `account_disabled`
         */
        public function login(string $email, #[\SensitiveParameter] string $password, string $ip): array {}

        /**
         * @return array{user_id:int,email:string,nickname:string,session_mark:string}|null null when the account is gone or disabled
         */
        public function account(int $userId): ?array {}

        /**
         * @param array<string,mixed> $input old_password, new_password (6–72 bytes), confirm_password — raw
         * @throws InvalidInput with getField()
         * @throws Forbidden `too_many_attempts`
         */
        public function changePassword(int $userId, #[\SensitiveParameter] array $input, string $ip): void {}

        /**
         * Whether letters can be sent: FastAdmin's mail settings are filled in and `public_base_url` is set.
         */
        public function canMail(): bool {}

        /**
         * Asks for a letter with a link to a new password. The answer is the same whether or not the address has an
         * account, and after three requests for it within an hour.
         *
         * @throws InvalidInput with getField()
         * @throws Forbidden `too_many_attempts`
         * @throws ConfigException `mail_off` when no letter can be sent
         */
        public function forgotPassword(string $email, string $ip): void {}

        /** Whether the link of such a letter can still be used. Looking does not use it up. */
        public function resetTokenIsGood(#[\SensitiveParameter] string $token): bool {}

        /**
         * Sets the password by way of the link, once.
         *
         * @param array<string,mixed> $input new_password (6–72 bytes), confirm_password — raw
         * @return array{user_id:int,email:string,nickname:string,session_mark:string} as login() gives it
         * @throws InvalidInput with getField(); the link can still be used then
         * @throws Forbidden `link_over`, `too_many_attempts`
         */
        public function resetPassword(#[\SensitiveParameter] string $token, #[\SensitiveParameter] array $input, string $ip): array {}

        /** Whether the link of a letter that asks to confirm an address can still be used. Looking does not use it up. */
        public function confirmTokenIsGood(#[\SensitiveParameter] string $token): bool {}

        /**
         * Confirms the address that the link was sent to, once. Call it for a POST only: mail scanners open links.
         *
         * `tenant_ids`: what waited for that; call workTenant() for them after the answer was flushed.
         *
         * @return array{user_id:int,email:string,tenant_ids:list<int>}
         * @throws Forbidden `link_over`
         */
        public function confirmEmail(#[\SensitiveParameter] string $token): array {}

        /**
         * Another letter for a member whose tenants wait for the confirmation.
         *
         * @throws Forbidden `nothing_to_confirm`, `too_many_attempts`
         */
        public function resendConfirmation(int $userId, string $ip): void {}

        /**
         * The language of the member's mail.
         *
         * @param string $language zh-cn | en
         * @throws InvalidInput
         * @throws NotFound when the account is gone
         */
        public function setLanguage(int $userId, string $language): void {}

        /**
         * Everything that the member centre shows.
         *
         * A tenant: array{id:int,tenant_name:string,domain:string,email:string,status:string,plan:string,plan_name:string,
         *   price:string,seats:int,expire_at:?string,days_left:?int,expired:bool,embed_code:?string,provisioned:bool,
         *   can_renew:bool,can_reprovision:bool,last_attempt_failed:bool,awaits_confirmation:bool,createtime:int}
         * An order: array{order_no:string,tenant_id:int,tenant_name:string,plan:string,plan_name:string,amount:string,
         *   status:string,pay_method:?string,test_mode:bool,createtime:int,paid_at:?string,expire_at:?string,payable:bool}
         *   (newest first, 100 at most). test_mode: WeChat Pay was asked for one fen instead of the amount.
         *
         * @return array{account:array{user_id:int,email:string,nickname:string},language:string,can_mail:bool,totals:array{tenants:int,active:int,expiring:int,seats:int},tenants:list<array<string,mixed>>,orders:list<array<string,mixed>>}
         *         language: of the member's mail, zh-cn | en
         * @throws NotFound when the account is gone
         */
        public function my(int $userId): array {}

        /**
         * What a waiting page polls: cheap, no side effects.
         *
         * @return array{tenants:list<array{id:int,status:string,has_embed_code:bool,expire_at:?string}>,pending_work:bool}
         */
        public function status(int $userId): array {}

        /**
         * The page that offers payment: reuses the tenant's open order of the same plan and amount.
         *
         * wechat_test_mode: real requests, but WeChat Pay charges `wechat_amount` (0.01) only; say it loudly.
         *
         * @return array{order:array<string,mixed>,tenant:array<string,mixed>,providers:array{alipay:bool,wechat:bool},alipay_sandbox:bool,wechat_test_mode:bool,wechat_amount:string,seconds_left:int}
         * @throws NotFound|Forbidden
         */
        public function renew(int $userId, int $tenantId): array {}

        /**
         * One order of the member, with the keys of my()'s orders.
         *
         * @return array<string,mixed>
         * @throws NotFound
         */
        public function order(int $userId, string $orderNo): array {}

        /**
         * The signed URL of Alipay's cashier for a pending order; phones get the wap product.
         *
         * @throws NotFound
         * @throws Forbidden `order_paid`, `order_closed`
         * @throws ConfigException when Alipay is off or its configuration is unusable (production needs a public HTTPS base URL)
         */
        public function payAlipay(int $userId, string $orderNo, string $userAgent): string {}

        /**
         * The page with WeChat Pay's QR code for a pending order; looking again gives the code that it has.
         *
         * `qr_svg` is a whole <svg> element without size, `amount` what is charged: 0.01 in test mode.
         *
         * @return array{order:array<string,mixed>,code_url:string,qr_svg:string,amount:string,test_mode:bool,seconds_left:int}
         * @throws NotFound
         * @throws Forbidden `order_paid`, `order_closed`, `tenant_disabled`
         * @throws ConfigException when WeChat Pay is off or its configuration is unusable (production needs a public HTTPS base URL)
         * @throws ProviderException when WeChat Pay refused or did not answer
         * @throws SignatureException when WeChat Pay's answer cannot be believed
         */
        public function payWechat(int $userId, string $orderNo): array {}

        /**
         * What became of the member's order, for a page that waits. While it is unpaid the provider with whom it was
         * begun is asked, rate-limited per order over all processes: poll as often as is pleasant.
         *
         * `tenant_id` is set when there is provisioning work: call workTenant() after the answer was flushed.
         *
         * @return array{status:string,state:string,seconds_left:int,tenant_id:?int} status: pending | paid | failed | refunded;
         *         state: pending | provisioning | just_paid
         * @throws NotFound
         */
        public function orderStatus(int $userId, string $orderNo): array {}

        /**
         * Takes a provider's asynchronous notification. Never throws: whatever happens has an answer.
         *
         * `tenant_id` is set when there is provisioning work: call workTenant() after the answer was flushed.
         *
         * @param string $provider alipay | wechat
         * @param string $body the raw body (php://input), undecoded
         * @param array<string,string>|null $headers request headers, any letter case
         * @return array{status:int,body:string,content_type:string,tenant_id:?int,outcome:string}
         */
        public function payNotify(string $provider, string $body, ?array $headers = null): array {}

        /**
         * The buyer came back. The return's fields prove nothing, so the provider is asked when the order is still unpaid.
         *
         * @param string $orderNo from the path or the query
         * @return array{state:string,order_no:string,tenant_id:?int} state: unknown | pending | provisioning | just_paid
         */
        public function payReturn(string $orderNo): array {}

        /**
         * Makes a tenant's missing resources, within the bounded wait.
         *
         * @return array{state:string} just_paid (done) | provisioning (under way)
         * @throws NotFound
         * @throws Forbidden `tenant_suspended`, `tenant_disabled`, `already_provisioned`, `confirm_first`
         * @throws ProviderException when the service refused
         */
        public function reprovision(int $userId, int $tenantId): array {}

        /**
         * After the response was flushed: waits for what register() or reprovision() left running, and stores its result.
         */
        public function finish(): void {}

        /**
         * After the response was flushed: tries the tenant's due work once. What failed is on the job's record, too.
         */
        public function workTenant(int $tenantId): void {}

        /**
         * After the response was flushed: sends a few of the letters that wait, where no worker does it.
         */
        public function deliverMail(): void {}

        /**
         * After the response was flushed, from any page: where no worker gives a sign of life, gives due work a nudge,
         * at most once per some seconds over all processes.
         */
        public function nudge(): void {}

        /**
         * Who works in the background, and what there is to do. `silent_for`: seconds since the last sign of life;
         * `alive`: less than a minute, and not ended in good order. `dead`: calls that were given up.
         *
         * @return array{workers:list<array{name:string,version:string,alive:bool,concurrency:int,in_flight:int,done:int,
         *         failed:int,starttime:int,beattime:int,silent_for:int,stopped:bool}>,
         *         jobs:array{due:int,waiting:int,in_flight:int,dead:int}}
         */
        public function work(): array {}

        /**
         * The member's shop accounts on the five platforms, and how the gateway fares with them.
         *
         * `vault`: ready | missing (no key is set: nothing can be bound) | bad (it cannot be used). An account: array{id:int,
         *   shop_id:?string,shop_name:?string,status:string,in_use:bool,renews:bool,authorised_at:string,expires_at:?string,
         *   last_refresh_at:?string,error:?string}; status: active | expired | error | paused; in_use: the one that the gateway reads;
         *   renews: the worker renews it by itself, as things stand;
         *   error: refresh_refused | refresh_failing | app_refused | app_changed | token_expired | credentials_unreadable |
         *   credentials_too_long, or an older version's words. A period: array{calls:int,success:?float,median_ms:?int}, success 0..1;
         *   a median is exact below 32 ms, and else within 2.5 %. `counting`: the gateway's log is still being counted, the figures
         *   are too small. last_refresh_at: when its tokens were obtained last.
         *
         * @param int|null $tenantId null or 0: the newest tenant
         * @return array{tenants:list<array{id:int,tenant_name:string,status:string}>,tenant_id:int,vault:string,
         *         channels:list<array{channel:string,oauth:bool,accounts:list<array<string,mixed>>,
         *         stats:array{day:array<string,mixed>,week:array<string,mixed>,counting:bool}}>}
         * @throws NotFound
         */
        public function channels(int $userId, ?int $tenantId = null): array {}

        /**
         * The manual form, without any value that is stored. `oauth` of a field: it is asked for when OAuth begins as well.
         *
         * @param int|null $accountId null: the account that the gateway uses, or the newest
         * @return array{channel:string,oauth:bool,vault:string,account:?array<string,mixed>,
         *         fields:list<array{name:string,required:bool,secret:bool,has_value:bool,options:list<string>,oauth:bool}>}
         * @throws InvalidInput `unknown_channel`
         * @throws NotFound
         */
        public function channelForm(int $userId, int $tenantId, string $channel, ?int $accountId = null): array {}

        /**
         * Stores the manual form. An empty field keeps the value that there is.
         *
         * @param array<string,mixed> $input the fields of channelForm(), and `account`: the id of the account that is changed
         * @return array<string,mixed> the account, as in channels()
         * @throws InvalidInput with getField(): `required`, `too_long`, `bad_characters`, `unknown_option`, `credentials_too_long`
         * @throws ConfigException `vault_missing` and others: nothing is ever stored in clear
         * @throws NotFound|Forbidden
         */
        public function saveChannel(int $userId, int $tenantId, string $channel, #[\SensitiveParameter] array $input): array {}

        /**
         * Begins OAuth; gives the address at the platform to redirect to. It can be come back from once, within ten minutes.
         *
         * @param string $session names the browser's session; the same has to be given to completeChannel()
         * @param array<string,mixed> $input the fields of channelForm() with `oauth`, and `account`
         * @throws InvalidInput with getField()
         * @throws ConfigException `oauth_unavailable`, `vault_missing`, `public_base_url`
         * @throws NotFound
         * @throws Forbidden `too_many_attempts`
         */
        public function beginChannel(int $userId, int $tenantId, string $channel, #[\SensitiveParameter] string $session, #[\SensitiveParameter] array $input): string {}

        /**
         * Completes OAuth: changes the code into tokens and stores them.
         *
         * @param array<string,mixed> $query the callback's query as it is
         * @return array{tenant_id:int,channel:string,account_id:int,state:string} state: bound
         * @throws InvalidInput `state_unknown`, `state_expired`, `state_used`, `consent_denied`, `channel_refused`
         * @throws ProviderException `channel_busy` (the page may be loaded again), `channel_unavailable`
         * @throws ConfigException `app_refused`: the platform does not take the site's application keys
         */
        public function completeChannel(int $userId, #[\SensitiveParameter] string $session, #[\SensitiveParameter] array $query): array {}

        /**
         * @throws NotFound
         * @throws Forbidden `channel_status`
         */
        public function pauseChannel(int $userId, int $accountId): void {}

        /**
         * @throws NotFound
         * @throws Forbidden `channel_status`
         */
        public function resumeChannel(int $userId, int $accountId): void {}

        /**
         * Deletes the account with its credentials. Gone is gone: ask first.
         *
         * @throws NotFound
         */
        public function unbindChannel(int $userId, int $accountId): void {}

        /**
         * Re-seals a batch of accounts with the current key: call it with the `after` that it gives until `done`. It may be
         * stopped and begun again at any time. `left_old`: rows of the batch that are still under the old key; `unreadable`: that
         * neither key opens.
         *
         * @param int|null $after the last id that is done; null: from the beginning
         * @return array{after:int,done:bool,seen:int,resealed:int,sealed:int,left_old:int,left_plain:int,unreadable:int}
         * @throws ConfigException `vault_missing` and others
         */
        public function rekey(?int $after = null): array {}

        /**
         * Brings the tables to this version's layout. Repeatable; one that was cut off goes on where it stopped.
         *
         * $report hears of {event: begin, number, of, step, rows, copies}, {event: rows, done} and
         * {event: done, took_ms}.
         *
         * @param callable(array<string,mixed>):void|null $report
         * @return list<string> what was done, one line each; empty when nothing was needed
         * @throws StorageException with the key database_rights, database_busy, migration_running or duplicate_rows
         *         where the administrator can help
         */
        public function migrate(?callable $report = null): array {}

        /**
         * What migrate() would do now; changes nothing. `rows`: about how many rows it has to do with; `copies`: the
         * server probably copies the whole table.
         *
         * @return list<array{step:string,rows:int,copies:bool}>
         */
        public function migrationPlan(): array {}
    }

    /**
     * The background worker, for a console process; threads live only here. Any number of them, on any number of
     * machines over one database, share the work.
     *
     *     $worker = new Worker($database, $config);
     *     $worker->run(['seconds' => 55], static function (array $event): void { echo $event['event'], "\n"; });
     */
    final class Worker
    {
        public const DEFAULT_CONCURRENCY = 8;
        public const MAX_CONCURRENCY = 64;

        /**
         * Opens nothing. The arrays are those of Hub.
         *
         * @param array<string,mixed> $database
         * @param array<string,mixed> $config
         * @throws ConfigException
         */
        public function __construct(#[\SensitiveParameter] array $database, #[\SensitiveParameter] array $config) {}

        /**
         * Works until SIGTERM or SIGINT, until `seconds` are over, or, with `once`, until nothing is due. What runs then
         * is waited for: 45 seconds at most, see chathub.provision_timeout. A database that is away is waited for, too,
         * except with `once`.
         *
         * $report hears of everything: {event: started, name}, {event: step, what, subject, outcome, ok, took_ms},
         * {event: trouble, message}, {event: beat, done, failed, in_flight}, {event: stopping}; each with `at_ms`, the
         * milliseconds since the start. `what`: provision | suspend | activate | order | mail | notice | suspension | heal | channel | journal | seal.
         *
         * $configuration is asked every few seconds for Hub's configuration as it is now; null ends the work.
         *
         * @param array{once?:bool,seconds?:int,concurrency?:int} $options
         * @param callable(array<string,mixed>):void|null $report
         * @param callable():(array<string,mixed>|null)|null $configuration
         * @return array{done:int,failed:int}
         * @throws StorageException with `once`, when the database is out of reach
         */
        public function run(array $options, ?callable $report = null, ?callable $configuration = null): array {}
    }
}

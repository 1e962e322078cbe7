/** A real browser that complains about everything a visitor would not see but suffer from. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { env, INDEX } from './site.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const FOLDER = new URL(`../screenshots/${env.host}/`, import.meta.url).pathname;
const OURS = [env.base_url, env.sandbox.url].map((url) => new URL(url).origin);

export const PHONE = { name: 'phone', viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const LARGE_PHONE = { ...PHONE, name: 'phone390', viewport: { width: 390, height: 844 }, deviceScaleFactor: 1 };
export const DESKTOP = { name: 'desktop', viewport: { width: 1280, height: 800 } };

let browser;

/** Starts the browser before the tests of this file, and stops it afterwards. */
export function useBrowser() {
    before(async () => {
        mkdirSync(FOLDER, { recursive: true });
        browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
    });
    after(() => browser.close());
}

/**
 * Visits the site with a browser of its own; afterwards nothing may have gone wrong behind the scenes.
 * @param {{status?: number[]}} expected statuses beyond 2xx and 3xx that the visit is about
 */
export async function visit({ name, ...device }, use, expected = {}) {
    const context = await browser.newContext({ locale: 'zh-CN', permissions: ['clipboard-read', 'clipboard-write'], ...device });
    const page = await context.newPage();
    const trouble = [];
    const allowed = expected.status ?? [];
    page.on('pageerror', (error) => trouble.push(`exception: ${error.message}`));
    page.on('console', (message) => {
        const isStatus = /the server responded with a status of (\d+)/.exec(message.text());
        if (['error', 'warning'].includes(message.type()) && !(isStatus && allowed.includes(Number(isStatus[1])))) {
            trouble.push(`console: ${message.text()}`);
        }
    });
    page.on('request', (request) => {
        const url = new URL(request.url());
        if (!OURS.includes(url.origin) && !['data:', 'blob:'].includes(url.protocol)) {
            trouble.push(`foreign: ${request.url()}`);
        }
    });
    page.on('response', (response) => {
        if (response.status() >= 400 && !allowed.includes(response.status()) && !response.url().endsWith('/favicon.ico')) {
            trouble.push(`${response.status()}: ${response.url()}`);
        }
    });
    try {
        return await use(new Screen(page, name, context));
    } finally {
        await context.close();
        assert.deepEqual(trouble, []);
    }
}

/** One page on one device. */
export class Screen {
    constructor(page, device, context) {
        this.page = page;
        this.device = device;
        this.context = context;
    }

    async open(action) {
        await this.page.goto(env.base_url + INDEX + action);
    }

    /** Goes on as a member who is signed in already. */
    async as(visitor) {
        await this.context.addCookies([{ name: 'PHPSESSID', value: visitor.sessionId, url: env.base_url }]);
    }

    async fill(values) {
        for (const [name, value] of Object.entries(values)) {
            await this.page.fill(`main [name="${name}"]`, value);
        }
    }

    submit() {
        return this.page.click('main form button[type="submit"]');
    }

    at(action) {
        const { pathname } = new URL(this.page.url());
        assert.equal(pathname, INDEX + action);
    }

    /** Keeps a picture, and checks what holds for every page. (What the larger phone shows differs in width alone.) */
    async inspect(title, { axe = this.device !== LARGE_PHONE.name } = {}) {
        await this.page.waitForLoadState('load');
        await this.picture(title);
        await this.fits(title);
        if (axe) {
            assert.deepEqual(await this.violations(), [], title);
        }
    }

    /** Nothing scrolls sideways, and no table leaves its column. */
    async fits(title) {
        const wide = await this.page.evaluate(() => {
            const width = document.documentElement.clientWidth;
            const right = (element) => element.getBoundingClientRect().right;
            const outside = document.documentElement.scrollWidth <= width ? [] : [...document.querySelectorAll('body *')]
                .filter((element) => right(element) > width + 1);
            const tables = [...document.querySelectorAll('table')].filter((table) => right(table) > right(table.parentElement) + 1);
            return [...outside, ...tables].map((element) => `${element.tagName}.${element.className}`);
        });
        assert.deepEqual(wide, [], `${title} is too wide`);
    }

    async picture(title) {
        await this.page.screenshot({ path: join(FOLDER, `${title}-${this.device}.png`), fullPage: true });
    }

    /** Serious violations of WCAG 2 A and AA, with where they are. */
    async violations() {
        await this.page.evaluate(AXE);
        const result = await this.page.evaluate(() => window.axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        }));
        return result.violations
            .filter((violation) => ['serious', 'critical'].includes(violation.impact))
            .flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} — ${node.failureSummary}`));
    }

    text(selector = 'main') {
        return this.page.locator(selector).innerText();
    }
}

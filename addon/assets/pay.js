/* The page with WeChat Pay's code: asks whether the order was paid, and moves on when it was. */
(function () {
    'use strict';

    var page = document.querySelector('[data-order-status]');
    if (!page) {
        return;
    }
    var state = page.querySelector('[data-state]');
    var clock = page.querySelector('[data-countdown]');
    // Someone who pays in the last second is still waiting for the answer.
    var GRACE = 60 * 1000;
    var delay = 2000;
    var end = 0;
    var over = false;

    function say(text) {
        if (state.textContent !== text) {
            state.textContent = text;
        }
    }

    function close(text) {
        over = true;
        page.classList.add('is-over');
        page.querySelector('[data-over]').hidden = false;
        page.querySelector('[data-again]').hidden = false;
        say(text);
    }

    // The first minutes count: nobody stares at a code for an hour.
    function again() {
        if (over && Date.now() > end) {
            return;
        }
        setTimeout(ask, delay);
        delay = Math.min(delay * 1.05, 10000);
    }

    function offline() {
        if (!over) {
            say(state.dataset.offline);
        }
        again();
    }

    function take(answer) {
        if (answer.next) {
            say(state.dataset.paid);
            window.location.assign(answer.next);
        } else if (answer.status !== 'pending') {
            end = 0;
            close(state.dataset.closed);
        } else {
            if (!over) {
                say(state.dataset.waiting);
            }
            again();
        }
    }

    function ask() {
        if (document.hidden) {
            document.addEventListener('visibilitychange', ask, { once: true });
            return;
        }
        fetch(page.dataset.orderStatus, { credentials: 'same-origin', cache: 'no-store', headers: { Accept: 'application/json' } })
            .then(function (response) {
                if (response.status === 401 || response.status === 404) {
                    say(state.dataset.signedOut);
                    return;
                }
                if (!response.ok) {
                    throw new Error('status ' + response.status);
                }
                return response.json().then(take);
            })
            .catch(offline);
    }

    clock.addEventListener('over', function () {
        end = Date.now() + GRACE;
        close('');
    });
    window.addEventListener('online', function () { delay = 2000; });
    // Back from the member centre: the page may be an old one out of the browser's memory.
    window.addEventListener('pageshow', function (event) {
        if (event.persisted) {
            window.location.reload();
        }
    });
    say(state.dataset.waiting);
    setTimeout(ask, delay);
}());

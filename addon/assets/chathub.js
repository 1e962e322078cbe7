/* What the pages do beyond HTML: copying, counting down, following work that is under way. */
(function () {
    'use strict';

    function all(selector, root) {
        return Array.prototype.slice.call((root || document).querySelectorAll(selector));
    }

    function show(element) {
        if (element) {
            element.hidden = false;
        }
    }

    // Copying. Without the clipboard API (plain HTTP) the old command is tried, then the text is left selected.
    function select(element) {
        var range = document.createRange();
        range.selectNodeContents(element);
        var selection = window.getSelection();
        selection.removeAllRanges();
        selection.addRange(range);
    }

    function copyOldWay(source) {
        select(source);
        try {
            return document.execCommand('copy');
        } catch (error) {
            return false;
        }
    }

    function copy(source) {
        if (navigator.clipboard && window.isSecureContext) {
            return navigator.clipboard.writeText(source.textContent).then(
                function () { return true; },
                function () { return copyOldWay(source); }
            );
        }
        return Promise.resolve(copyOldWay(source));
    }

    function enableCopying(root) {
        all('[data-copy]', root).forEach(function (button) {
            var label = button.querySelector('[data-copy-label]');
            var text = label.textContent;
            var timer = 0;
            button.hidden = false;
            button.addEventListener('click', function () {
                copy(button.closest('[data-copy-area]').querySelector('[data-copy-source]')).then(function (copied) {
                    label.textContent = copied ? button.dataset.done : button.dataset.manual;
                    clearTimeout(timer);
                    timer = setTimeout(function () { label.textContent = text; }, 4000);
                });
            });
        });
    }

    // Forms are sent once; the button comes back when the page does (back/forward cache).
    function enableOnce() {
        all('form[data-once]').forEach(function (form) {
            var button = form.querySelector('button[type="submit"]');
            var label = button.textContent;
            form.addEventListener('submit', function (event) {
                if (button.disabled) {
                    event.preventDefault();
                    return;
                }
                button.disabled = true;
                button.setAttribute('aria-busy', 'true');
                button.textContent = form.dataset.sending;
            });
            window.addEventListener('pageshow', function (event) {
                if (event.persisted) {
                    button.disabled = false;
                    button.removeAttribute('aria-busy');
                    button.textContent = label;
                }
            });
        });
    }

    // The price beside the registration form; the server works it out again.
    function enableSummary() {
        var plans = document.querySelector('[data-plans]');
        var summary = document.querySelector('[data-summary]');
        if (!plans || !summary) {
            return;
        }
        var extraField = document.querySelector('[data-extra-seats]');
        var extra = extraField && extraField.querySelector('input');

        function extraSeats(max) {
            var wanted = extra ? parseInt(extra.value, 10) : 0;
            return Math.max(0, Math.min(max, isNaN(wanted) ? 0 : wanted));
        }

        function update() {
            var plan = plans.querySelector('input:checked');
            if (!plan) {
                return;
            }
            var max = Number(plan.dataset.max);
            if (extraField) {
                extraField.hidden = max === 0;
                extra.disabled = max === 0;
            }
            var seats = extraSeats(max);
            var fen = Number(plan.dataset.price) + seats * Number(plan.dataset.extra);
            summary.querySelector('[data-summary-plan]').textContent = plan.dataset.name;
            summary.querySelector('[data-summary-seats]').textContent = Number(plan.dataset.seats) + seats;
            summary.querySelector('[data-summary-price]').textContent = '¥' + (fen % 100 ? (fen / 100).toFixed(2) : fen / 100);
        }

        plans.addEventListener('change', update);
        if (extra) {
            extra.addEventListener('input', update);
            all('[data-step]', extraField).forEach(function (button) {
                button.hidden = false;
                button.addEventListener('click', function () {
                    extra.value = Math.max(0, Math.min(Number(extra.max), extraSeats(Number(extra.max)) + Number(button.dataset.step)));
                    update();
                });
            });
        }
        summary.hidden = false;
        update();
        window.addEventListener('pageshow', update);
    }

    // How long an order can still be paid. The clock counts from when the page was made, also while it sleeps.
    function enableCountdown() {
        var element = document.querySelector('[data-countdown]');
        if (!element) {
            return;
        }
        var end = Date.now() + Number(element.dataset.countdown) * 1000;
        var timer = 0;

        function words(seconds) {
            var hours = Math.floor(seconds / 3600);
            var minutes = Math.floor(seconds % 3600 / 60);
            return (hours ? hours + element.dataset.hour + ' ' : '')
                + (hours || minutes ? minutes + element.dataset.minute + ' ' : '')
                + (seconds % 60) + element.dataset.second;
        }

        function tick() {
            var left = Math.max(0, Math.round((end - Date.now()) / 1000));
            element.textContent = left ? element.dataset.text.replace('{time}', words(left)) : element.dataset.over;
            if (!left) {
                clearInterval(timer);
                all('[data-pay]').forEach(function (pay) {
                    pay.removeAttribute('href');
                    pay.setAttribute('aria-disabled', 'true');
                });
                element.setAttribute('role', 'alert');
                element.dispatchEvent(new Event('over'));
            }
        }

        element.hidden = false;
        timer = setInterval(tick, 1000);
        tick();
    }

    // Following work that is under way: ask more and more rarely, stop when it is done or after ten minutes.
    function watch(box) {
        var text = box.querySelector('[data-watch-text]');
        var refresh = box.querySelector('[data-watch-refresh]');
        var fill = box.closest('[data-fill]');
        var delay = 2000;
        var giveUp = Date.now() + 10 * 60 * 1000;

        function stop(message) {
            box.classList.add('is-over');
            box.querySelector('.progress').removeAttribute('role');
            text.textContent = message;
            show(refresh);
        }

        function again() {
            if (Date.now() > giveUp) {
                stop(text.dataset.still);
                return;
            }
            setTimeout(ask, delay);
            delay = Math.min(delay * 1.4, 15000);
        }

        function ask() {
            if (document.hidden) {
                document.addEventListener('visibilitychange', ask, { once: true });
                return;
            }
            fetch(box.dataset.watch, { credentials: 'same-origin', headers: { Accept: 'application/json' } })
                .then(function (response) {
                    if (response.status === 401) {
                        return null;
                    }
                    if (!response.ok) {
                        throw new Error('status ' + response.status);
                    }
                    return response.json();
                })
                .then(function (status) {
                    if (status === null) {
                        stop(text.dataset.still);
                    } else if (fill) {
                        fillIn(status);
                    } else if (changed(status) && mayReload(JSON.stringify(status))) {
                        window.location.reload();
                    } else {
                        again();
                    }
                })
                .catch(again);
        }

        // Does the page show something else than the answer says?
        function changed(status) {
            var shown = false;
            var tenants = status.tenants.some(function (tenant) {
                var row = document.querySelector('tbody[data-tenant="' + Number(tenant.id) + '"]');
                shown = shown || Boolean(row && row.dataset.status === 'provisioning');
                return row && (row.dataset.status !== tenant.status
                    || row.dataset.embed !== (tenant.has_embed_code ? '1' : '0')
                    || row.dataset.expire !== (tenant.expire_at || ''));
            });
            var order = status.order && all('[data-order]').some(function (row) {
                return row.dataset.order === status.order.order_no && row.dataset.orderStatus !== status.order.status;
            });
            var elsewhere = !shown && !status.order && !status.pending_work && !status.tenants.some(function (tenant) {
                return tenant.status === 'provisioning';
            });
            return tenants || order || elsewhere;
        }

        // The same answer reloads the page once, never in a circle.
        function mayReload(signature) {
            try {
                if (sessionStorage.getItem('chathub.reload') === signature) {
                    return false;
                }
                sessionStorage.setItem('chathub.reload', signature);
                return true;
            } catch (error) {
                return false;
            }
        }

        // The result page of a registration shows a password once: it stays, and gets the embed code.
        function fillIn(status) {
            var id = Number(fill.dataset.fill);
            var tenant = status.tenants.filter(function (row) { return row.id === id; })[0];
            if (tenant && tenant.has_embed_code) {
                fetch(box.dataset.my, { credentials: 'same-origin' })
                    .then(function (response) { return response.text(); })
                    .then(function (html) {
                        var page = new DOMParser().parseFromString(html, 'text/html');
                        var code = page.querySelector('tbody[data-tenant="' + id + '"] .code');
                        stop(text.dataset.ready);
                        refresh.hidden = Boolean(code);
                        if (code) {
                            fill.appendChild(document.importNode(code, true));
                            enableCopying(fill);
                        }
                    })
                    .catch(again);
            } else if (tenant && tenant.status === 'pending' && !status.pending_work) {
                stop(text.dataset.failed);
            } else {
                again();
            }
        }

        setTimeout(ask, delay);
    }

    enableCopying(document);
    enableOnce();
    enableSummary();
    enableCountdown();
    all('[data-watch]').forEach(watch);
}());

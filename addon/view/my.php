<div class="wrap">
    <header class="page-head page-head-row">
        <div>
            <h1><?= $this->t('my.heading') ?></h1>
            <p class="muted wrap-anywhere"><?= $this->e($account['email']) ?></p>
<?php if ($mailLanguage !== null) : ?>
            <form class="mail-language" method="post" action="<?= $this->url('mailLanguage') ?>" role="group" aria-labelledby="mail-language">
                <?= $this->csrf() ?>
                <span class="muted small" id="mail-language"><?= $this->t('my.mail_language') ?></span>
                <span class="segments">
<?php foreach (['zh-cn' => '中文', 'en' => 'English'] as $code => $name) : ?>
                    <button type="submit" name="language" value="<?= $code ?>" lang="<?= $code === 'en' ? 'en' : 'zh-CN' ?>" aria-pressed="<?= $code === $mailLanguage ? 'true' : 'false' ?>"><?= $name ?></button>
<?php endforeach ?>
                </span>
            </form>
<?php endif ?>
        </div>
        <p class="actions">
            <a class="button" href="<?= $this->url('changePassword') ?>"><?= $this->t('nav.password') ?></a>
            <a class="button button-primary" href="<?= $this->url('registerPage') ?>"><?= $this->t('my.add') ?></a>
        </p>
    </header>
<?php if ($mustConfirm) : ?>
    <?= $this->partial('_confirm', ['email' => $account['email']]) ?>
<?php endif ?>
<?php $shownProgress = false ?>
<?php foreach ($notices as $notice) : ?>
<?php if ($notice['waiting'] && !$shownProgress) : ?>
<?php $shownProgress = true ?>
    <div class="panel panel-waiting" data-notice><?= $this->partial('_waiting', ['text' => $notice['text'], 'order' => $watchedOrder, 'then' => 'reload']) ?></div>
<?php else : ?>
    <div data-notice><?= $this->partial('_notice', ['kind' => $notice['kind'], 'text' => $notice['text']]) ?></div>
<?php endif ?>
<?php endforeach ?>
<?php if ($watching && !$shownProgress) : ?>
    <div class="panel panel-waiting"><?= $this->partial('_waiting', ['text' => $this->text('notice.provisioning'), 'order' => '', 'then' => 'reload']) ?></div>
<?php endif ?>
    <section aria-labelledby="totals-heading">
        <h2 id="totals-heading" class="hidden-visually"><?= $this->t('my.totals') ?></h2>
        <dl class="totals">
<?php foreach (['tenants', 'active', 'expiring', 'seats'] as $total) : ?>
            <div<?= $total === 'expiring' && $totals['expiring'] > 0 ? ' class="total-warn"' : '' ?>><dt><?= $this->t('my.total.' . $total) ?></dt><dd><?= $this->e($totals[$total]) ?></dd></div>
<?php endforeach ?>
        </dl>
    </section>
    <section aria-labelledby="tenants-heading">
        <h2 id="tenants-heading"><?= $this->t('my.tenants') ?></h2>
<?php if ($tenants === []) : ?>
        <div class="panel empty">
            <h3><?= $this->t('my.tenants.none') ?></h3>
            <p><?= $this->t('my.tenants.none.text') ?></p>
        </div>
<?php else : ?>
        <table class="table tenants" role="table">
            <caption class="hidden-visually"><?= $this->t('my.tenants') ?></caption>
            <thead role="rowgroup">
                <tr role="row">
<?php foreach (['company', 'status', 'plan', 'expire', 'action'] as $column) : ?>
                    <th scope="col" role="columnheader"><?= $this->t('my.column.' . $column) ?></th>
<?php endforeach ?>
                </tr>
            </thead>
<?php foreach ($tenants as $tenant) : ?>
<?= $this->partial('_tenant', ['tenant' => $tenant, 'folded' => count($tenants) > 3]) ?>
<?php endforeach ?>
        </table>
<?php endif ?>
<?php if ($pages > 1) : ?>
        <nav class="pages" aria-label="<?= $this->t('my.pages') ?>">
<?php if ($pageNumber > 1) : ?>
            <a class="button button-small" rel="prev" href="<?= $this->url('my', ['page' => $pageNumber - 1]) ?>"><?= $this->t('my.page.previous') ?></a>
<?php endif ?>
            <span><?= $this->t('my.page.of', ['page' => $pageNumber, 'pages' => $pages]) ?></span>
<?php if ($pageNumber < $pages) : ?>
            <a class="button button-small" rel="next" href="<?= $this->url('my', ['page' => $pageNumber + 1]) ?>"><?= $this->t('my.page.next') ?></a>
<?php endif ?>
        </nav>
<?php endif ?>
    </section>
    <section aria-labelledby="orders-heading">
        <h2 id="orders-heading"><?= $this->t('my.orders') ?></h2>
<?php if ($orders === []) : ?>
        <p class="panel empty muted"><?= $this->t('my.orders.none') ?></p>
<?php else : ?>
        <table class="table orders" role="table">
            <caption class="hidden-visually"><?= $this->t('my.orders') ?></caption>
            <thead role="rowgroup">
                <tr role="row">
<?php foreach (['order', 'company', 'plan', 'amount', 'status', 'method', 'created', 'paid'] as $column) : ?>
                    <th scope="col" role="columnheader"><?= $this->t('my.column.' . $column) ?></th>
<?php endforeach ?>
                </tr>
            </thead>
            <tbody role="rowgroup">
<?php foreach ($orders as $order) : ?>
                <tr role="row" data-order="<?= $this->e($order['order_no']) ?>" data-order-status="<?= $this->e($order['status']) ?>">
                    <th scope="row" role="rowheader" class="order-no"><code><?= $this->e($order['order_no']) ?></code></th>
                    <td role="cell" data-label="<?= $this->t('my.column.company') ?>" class="wrap-anywhere"><?= $this->e($order['tenant_name']) ?></td>
                    <td role="cell" data-label="<?= $this->t('my.column.plan') ?>"><?= $this->planName($order['plan'], $order['plan_name']) ?></td>
                    <td role="cell" data-label="<?= $this->t('my.column.amount') ?>" class="amount"><?= $this->money($order['amount']) ?></td>
                    <td role="cell" data-label="<?= $this->t('my.column.status') ?>"><span class="status-cell"><?= $this->badge('order', $order['status']) ?><?php if ($order['payable']) : ?> <a href="<?= $this->url('renew', ['id' => $order['tenant_id']]) ?>" aria-label="<?= $this->t('my.pay.for', ['order' => $order['order_no']]) ?>"><?= $this->t('my.pay') ?></a><?php endif ?></span></td>
                    <td role="cell" data-label="<?= $this->t('my.column.method') ?>"><?= $order['pay_method'] === null ? '—' : $this->t('method.' . $order['pay_method']) ?></td>
                    <td role="cell" class="when" data-label="<?= $this->t('my.column.created') ?>"><?= $this->dateTime($order['createtime']) ?></td>
                    <td role="cell" class="when" data-label="<?= $this->t('my.column.paid') ?>"><?= $this->dateTime($order['paid_at']) ?></td>
                </tr>
<?php endforeach ?>
            </tbody>
        </table>
<?php endif ?>
    </section>
</div>

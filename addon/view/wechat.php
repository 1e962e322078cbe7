<?php
/** WeChat Pay's code. The script asks whether it was paid and moves on; without it there is a link. */
$steps = $insideWechat ? ['inside.1', 'inside.2'] : ['1', '2'];
?>
<div class="wrap wrap-form">
    <header class="page-head">
        <h1><?= $this->t('wechat.heading') ?></h1>
    </header>
<?php if ($test_mode) : ?>
    <div class="test-mode" role="note">
        <strong><?= $this->t('wechat.test') ?></strong>
        <p><?= $this->t('wechat.test.text', ['amount' => $this->yuan($amount), 'price' => $this->yuan($order['amount'])]) ?></p>
    </div>
<?php endif ?>
    <section class="panel pay-code" aria-labelledby="code-heading" data-order-status="<?= $this->url('orderStatus', ['order' => $order['order_no']]) ?>">
        <h2 id="code-heading" class="hidden-visually"><?= $this->t('wechat.code') ?></h2>
        <p class="pay-amount"><?= $this->money($amount) ?></p>
        <p class="muted small wrap-anywhere"><?= $this->e($order['tenant_name']) ?> · <?= $this->planName($order['plan'], $order['plan_name']) ?></p>
        <div class="qr" data-qr>
            <img src="data:image/svg+xml;base64,<?= base64_encode($qr_svg) ?>" width="240" height="240" alt="<?= $this->t('wechat.code.alt', ['amount' => $this->yuan($amount)]) ?>">
            <p class="qr-over" data-over hidden><?= $this->t('wechat.over') ?></p>
        </div>
        <ol class="pay-steps">
<?php foreach ($steps as $step) : ?>
            <li><?= $this->t('wechat.step.' . $step) ?></li>
<?php endforeach ?>
        </ol>
        <p class="small muted pay-clock" role="timer" data-countdown="<?= $this->e($seconds_left) ?>" data-text="<?= $this->t('renew.left') ?>" data-over="<?= $this->t('wechat.over.text') ?>" data-hour="<?= $this->t('unit.hour') ?>" data-minute="<?= $this->t('unit.minute') ?>" data-second="<?= $this->t('unit.second') ?>" hidden></p>
        <p class="pay-state" aria-live="polite" data-state data-waiting="<?= $this->t('wechat.waiting') ?>" data-paid="<?= $this->t('wechat.paid') ?>" data-offline="<?= $this->t('wechat.offline') ?>" data-closed="<?= $this->t('wechat.closed') ?>" data-signed-out="<?= $this->t('error.signed_out') ?>"><noscript><?= $this->t('wechat.no_script') ?></noscript></p>
        <p class="pay-again" data-again hidden><a class="button button-primary button-block" href="<?= $this->url('renew', ['id' => $order['tenant_id']]) ?>"><?= $this->t('wechat.again') ?></a></p>
        <p><a class="button button-block" href="<?= $this->url('payReturn', ['order' => $order['order_no']]) ?>"><?= $this->t('wechat.done') ?></a></p>
    </section>
    <p class="small muted center<?= $insideWechat ? '' : ' only-on-phones' ?>" data-hint><?= $this->t($insideWechat ? 'wechat.hint.inside' : 'wechat.hint') ?></p>
    <p class="center"><a href="<?= $this->url('renew', ['id' => $order['tenant_id']]) ?>"><?= $this->t('wechat.other') ?></a></p>
</div>
<script src="<?= $this->asset('pay.js') ?>" defer></script>

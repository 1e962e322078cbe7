<?php
/** The first button is the one to press: inside WeChat, Alipay's cashier would not open. */
$actions = ['alipay' => 'payAlipay', 'wechat' => 'payWechat'];
$offered = array_keys(array_filter(array_intersect_key($providers, $actions)));
if ($insideWechat) {
    rsort($offered);
} else {
    sort($offered);
}
?>
<div class="wrap wrap-form">
    <header class="page-head">
        <h1><?= $this->t('renew.heading') ?></h1>
    </header>
<?php if ($alipay_sandbox && $providers['alipay']) : ?>
    <?= $this->partial('_notice', ['kind' => 'info', 'text' => $this->text('renew.sandbox')]) ?>
<?php endif ?>
<?php if ($wechat_test_mode && $providers['wechat']) : ?>
    <div class="test-mode" role="note">
        <strong><?= $this->t('renew.wechat_test.heading') ?></strong>
        <p><?= $this->t('renew.wechat_test', ['amount' => $this->yuan($wechat_amount)]) ?></p>
    </div>
<?php endif ?>
    <section class="panel" aria-labelledby="order-heading">
        <h2 id="order-heading" class="hidden-visually"><?= $this->t('renew.order') ?></h2>
        <dl class="facts">
            <div><dt><?= $this->t('renew.company') ?></dt><dd class="wrap-anywhere"><?= $this->e($tenant['tenant_name']) ?></dd></div>
            <div><dt><?= $this->t('renew.plan') ?></dt><dd><?= $this->planName($order['plan'], $order['plan_name']) ?></dd></div>
            <div><dt><?= $this->t('renew.seats') ?></dt><dd><?= $this->e($tenant['seats']) ?></dd></div>
            <div><dt><?= $this->t('renew.expire') ?></dt><dd><?= $this->date($tenant['expire_at']) ?></dd></div>
            <div><dt><?= $this->t('renew.order') ?></dt><dd><code class="wrap-anywhere"><?= $this->e($order['order_no']) ?></code></dd></div>
            <div class="facts-total"><dt><?= $this->t('renew.total') ?></dt><dd><?= $this->money($order['amount']) ?></dd></div>
        </dl>
<?php if ($offered !== []) : ?>
        <p class="pay-choice">
<?php foreach ($offered as $at => $provider) : ?>
            <a class="button<?= $at === 0 ? ' button-primary' : '' ?> button-large button-block" data-pay href="<?= $this->url($actions[$provider], ['order' => $order['order_no']]) ?>"><?= $this->t('renew.pay.' . $provider) ?></a>
<?php endforeach ?>
        </p>
        <p class="center small muted" role="timer" data-countdown="<?= $this->e($seconds_left) ?>" data-text="<?= $this->t('renew.left') ?>" data-over="<?= $this->t('renew.left.over') ?>" data-hour="<?= $this->t('unit.hour') ?>" data-minute="<?= $this->t('unit.minute') ?>" data-second="<?= $this->t('unit.second') ?>" hidden></p>
<?php else : ?>
        <div class="empty">
            <h3><?= $this->t('renew.none') ?></h3>
            <p><?= $this->t('renew.none.text') ?><?php if ($support !== '') : ?> <a href="mailto:<?= $this->e($support) ?>"><?= $this->e($support) ?></a><?php endif ?></p>
        </div>
<?php endif ?>
    </section>
    <p class="small muted"><?= $this->t('renew.note') ?></p>
    <p class="center"><a href="<?= $this->url('my') ?>"><?= $this->t('renew.back') ?></a></p>
</div>

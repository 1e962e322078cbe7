<?php
$code = $result['embed_code'];
$mustConfirm = $result['awaits_confirmation'];
$waiting = $code === null && $result['status'] === 'provisioning';
?>
<div class="wrap wrap-narrow">
    <header class="page-head page-head-done">
        <span class="icon icon-check done-mark" aria-hidden="true"></span>
        <h1><?= $this->t('registered.' . ($mustConfirm ? 'confirm' : $result['status'])) ?></h1>
        <p class="lead"><?= $this->t('registered.lead', ['company' => $result['company_name'], 'date' => $this->day($result['expire_date'])]) ?></p>
    </header>
<?php if ($result['initial_password'] !== null) : ?>
    <section class="panel" aria-labelledby="account-heading">
        <h2 id="account-heading"><?= $this->t('registered.account') ?></h2>
        <dl class="facts">
            <div><dt><?= $this->t('login.email') ?></dt><dd class="wrap-anywhere"><?= $this->e($result['email']) ?></dd></div>
            <div>
                <dt><?= $this->t('registered.password') ?></dt>
                <dd class="secret" data-copy-area>
                    <code data-copy-source data-initial-password><?= $this->e($result['initial_password']) ?></code>
                    <button type="button" class="button button-small" data-copy data-done="<?= $this->t('copy.done') ?>" data-manual="<?= $this->t('copy.manual') ?>" hidden><span class="icon icon-copy" aria-hidden="true"></span><span data-copy-label aria-live="polite"><?= $this->t('copy') ?></span></button>
                </dd>
            </div>
        </dl>
        <p class="note"><span class="icon icon-alert" aria-hidden="true"></span><?= $this->t('registered.password.note') ?></p>
    </section>
<?php endif ?>
<?php if ($mustConfirm) : ?>
    <section class="panel" aria-labelledby="confirm-heading">
        <h2 id="confirm-heading"><?= $this->t('registered.confirm.heading') ?></h2>
        <p class="wrap-anywhere"><?= $this->t('registered.confirm.text', ['email' => $result['email']]) ?></p>
        <p class="hint"><?= $this->t('registered.confirm.lost') ?></p>
    </section>
<?php else : ?>
    <section class="panel" aria-labelledby="code-heading" data-tenant="<?= $this->e($result['tenant_id']) ?>">
        <h2 id="code-heading"><?= $this->t('registered.code') ?></h2>
<?php if ($code !== null) : ?>
        <p><?= $this->t('registered.code.note') ?></p>
        <?= $this->partial('_code', ['code' => $code, 'label' => $this->text('registered.code')]) ?>
<?php elseif ($waiting) : ?>
        <div data-fill="<?= $this->e($result['tenant_id']) ?>">
            <?= $this->partial('_waiting', ['text' => $this->text('registered.wait'), 'order' => '', 'then' => 'fill']) ?>
        </div>
<?php else : ?>
        <p><?= $this->t('registered.failed') ?></p>
<?php endif ?>
    </section>
<?php endif ?>
    <p class="actions actions-center"><a class="button button-primary button-large" href="<?= $this->url('my') ?>"><?= $this->t('registered.my') ?></a></p>
</div>

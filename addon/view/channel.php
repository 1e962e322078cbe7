<?php
/** Binding a shop: the platform's consent page first, where it is possible, and the form. */
$platform = $this->platform($channel);
$heading = $account === null ? 'channel.bind' : 'channel.rebind';
$manualErrors = $consent ? [] : $errors;
$openForm = !$oauth || $manual || (!$consent && $errors !== []);
?>
<div class="wrap wrap-form">
    <header class="page-head">
        <?= $this->partial('_mark', ['channel' => $channel]) ?>
        <h1><?= $this->t($heading, ['platform' => $platform]) ?></h1>
        <p class="lead wrap-anywhere"><?= $this->e($tenant['tenant_name']) ?></p>
    </header>
<?php if ($vault !== 'ready') : ?>
    <?= $this->partial('_notice', ['kind' => 'warn', 'text' => $this->text('channel.vault.' . $vault)]) ?>
<?php else : ?>
<?php if (($errors[''] ?? '') !== '') : ?>
    <?= $this->partial('_notice', ['kind' => 'error', 'text' => $errors['']]) ?>
<?php elseif ($errors !== []) : ?>
    <?= $this->partial('_notice', ['kind' => 'error', 'text' => $this->text('error.summary')]) ?>
<?php endif ?>
<?php if ($account !== null) : ?>
    <p class="bound"><?= $this->badge('channel', $account['status']) ?> <span class="wrap-anywhere"><?= $this->t('channel.bound', ['shop' => $account['name']]) ?></span></p>
<?php endif ?>
<?php if ($oauth) : ?>
    <form class="panel" method="post" action="<?= $this->url('channelAuth') ?>" novalidate data-once data-sending="<?= $this->t('form.sending') ?>">
        <?= $this->csrf() ?>
        <input type="hidden" name="channel" value="<?= $this->e($channel) ?>">
        <input type="hidden" name="tenant" value="<?= $this->e($tenant['id']) ?>">
        <input type="hidden" name="account" value="<?= $this->e($account['id'] ?? '') ?>">
        <input type="hidden" name="start" value="1">
        <h2><?= $this->t('channel.consent.heading', ['platform' => $platform]) ?></h2>
        <p class="panel-lead"><?= $this->t('channel.consent.text', ['platform' => $platform]) ?></p>
<?php foreach ($asked as $field) : ?>
        <?= $this->partial('_channel_field', ['field' => $field, 'form' => 'consent', 'error' => $consent ? $errors[$field['name']] ?? '' : '', 'manual' => false]) ?>
<?php endforeach ?>
        <button class="button button-primary button-large button-block" type="submit"><?= $this->t('channel.consent.go', ['platform' => $platform]) ?></button>
    </form>
<?php else : ?>
    <p class="muted small channel-hint"><?= $this->t('channel.no_oauth', ['platform' => $platform]) ?></p>
<?php endif ?>
    <details class="panel manual" id="manual"<?= $openForm ? ' open' : '' ?>>
        <summary><h2><?= $this->t('channel.manual') ?></h2></summary>
        <form method="post" action="<?= $this->url('channelAuth') ?>" novalidate autocomplete="off" data-once data-sending="<?= $this->t('form.sending') ?>">
            <?= $this->csrf() ?>
            <input type="hidden" name="channel" value="<?= $this->e($channel) ?>">
            <input type="hidden" name="tenant" value="<?= $this->e($tenant['id']) ?>">
            <input type="hidden" name="account" value="<?= $this->e($account['id'] ?? '') ?>">
            <p class="panel-lead"><?= $this->t('channel.manual.text', ['platform' => $platform]) ?></p>
<?php foreach ($fields as $field) : ?>
            <?= $this->partial('_channel_field', ['field' => $field, 'form' => 'manual', 'error' => $manualErrors[$field['name']] ?? '', 'manual' => true]) ?>
<?php endforeach ?>
            <button class="button <?= $oauth ? '' : 'button-primary ' ?>button-large button-block" type="submit"><?= $this->t('channel.save') ?></button>
        </form>
    </details>
<?php endif ?>
    <p class="center"><a href="<?= $this->url('channelList', ['tenant' => $tenant['id']]) ?>"><?= $this->t('channel.back') ?></a></p>
</div>

<?php
/** A company's shops, one card for each platform. */
?>
<div class="wrap">
    <header class="page-head">
        <h1><?= $this->t('channels.heading') ?></h1>
        <p class="lead"><?= $this->t('channels.lead') ?></p>
    </header>
<?php if ($notice !== null) : ?>
    <?= $this->partial('_notice', $notice) ?>
<?php endif ?>
<?php if ($tenant === null) : ?>
    <div class="panel empty">
        <h2><?= $this->t('my.tenants.none') ?></h2>
        <p><?= $this->t('channels.none.text') ?></p>
        <p class="actions actions-center"><a class="button button-primary" href="<?= $this->url('registerPage') ?>"><?= $this->t('my.add') ?></a></p>
    </div>
<?php else : ?>
<?php if (count($tenants) > 1) : ?>
    <form class="chooser" method="get" action="<?= $this->url('channelList') ?>">
        <label for="tenant"><?= $this->t('my.column.company') ?></label>
        <select id="tenant" name="tenant">
<?php foreach ($tenants as $one) : ?>
            <option value="<?= $this->e($one['id']) ?>"<?= $one['id'] === $tenant['id'] ? ' selected' : '' ?>><?= $this->e($one['tenant_name']) ?></option>
<?php endforeach ?>
        </select>
        <button class="button button-small" type="submit"><?= $this->t('channels.switch') ?></button>
    </form>
<?php else : ?>
    <p class="chooser muted wrap-anywhere"><?= $this->e($tenant['tenant_name']) ?></p>
<?php endif ?>
<?php if ($vault !== 'ready') : ?>
    <?= $this->partial('_notice', ['kind' => 'warn', 'text' => $this->text('channel.vault.' . $vault)]) ?>
<?php endif ?>
    <div class="channels">
<?php foreach ($cards as $card) : ?>
<?= $this->partial('_channel', ['card' => $card, 'tenant' => $tenant, 'locked' => $vault !== 'ready']) ?>
<?php endforeach ?>
    </div>
    <p class="small muted channels-note"><?= $this->t('channels.note') ?></p>
<?php endif ?>
    <p class="center"><a href="<?= $this->url('my') ?>"><?= $this->t('renew.back') ?></a></p>
</div>

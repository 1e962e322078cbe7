<?php
/** Whether unbinding is meant. */
$back = $this->url('channelList', ['tenant' => $tenant['id']]);
?>
<div class="wrap wrap-form">
    <header class="page-head">
        <?= $this->partial('_mark', ['channel' => $channel]) ?>
        <h1><?= $this->t('unbind.heading') ?></h1>
    </header>
    <section class="panel">
        <dl class="facts">
            <div><dt><?= $this->t('unbind.platform') ?></dt><dd><?= $this->t('channel.' . $channel) ?></dd></div>
            <div><dt><?= $this->t('unbind.shop') ?></dt><dd class="wrap-anywhere"><?= $this->e($account['name']) ?></dd></div>
            <div><dt><?= $this->t('my.column.company') ?></dt><dd class="wrap-anywhere"><?= $this->e($tenant['tenant_name']) ?></dd></div>
        </dl>
        <p class="note"><span class="icon icon-alert" aria-hidden="true"></span><span><?= $this->t('unbind.note') ?></span></p>
        <form class="unbind-actions" method="post" action="<?= $this->url('channelUnbind') ?>" data-once data-sending="<?= $this->t('form.sending') ?>">
            <?= $this->csrf() ?>
            <input type="hidden" name="tenant" value="<?= $this->e($tenant['id']) ?>">
            <input type="hidden" name="channel" value="<?= $this->e($channel) ?>">
            <input type="hidden" name="id" value="<?= $this->e($account['id']) ?>">
            <a class="button button-large button-block" href="<?= $back ?>"><?= $this->t('unbind.keep') ?></a>
            <button class="button button-danger button-large button-block" type="submit"><?= $this->t('unbind.confirm') ?></button>
        </form>
    </section>
</div>

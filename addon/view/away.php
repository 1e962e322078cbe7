<?php
/** On the way to a platform; the browser goes on by itself. */
$platform = $this->platform($channel);
?>
<div class="wrap wrap-form away">
    <?= $this->partial('_mark', ['channel' => $channel]) ?>
    <h1><?= $this->t('channel.away', ['platform' => $platform]) ?></h1>
    <p class="lead"><?= $this->t('channel.away.text') ?></p>
    <p class="actions actions-center"><a class="button button-primary" href="<?= $this->e($address) ?>" rel="noreferrer"><?= $this->t('channel.away.go', ['platform' => $platform]) ?></a></p>
</div>

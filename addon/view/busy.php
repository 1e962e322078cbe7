<?php
/** The platform's answer is waited for; the browser asks again by itself. */
?>
<div class="wrap wrap-form away">
    <h1><?= $this->t('channel.busy') ?></h1>
    <p class="lead"><?= $this->t('error.channel_busy') ?></p>
    <div class="progress" role="progressbar" aria-label="<?= $this->t('wait.progress') ?>"><span></span></div>
</div>

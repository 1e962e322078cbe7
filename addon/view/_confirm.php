<?php /** Nothing is made before the address is confirmed; the letter may have got lost. */ ?>
<div class="notice notice-action" role="region" aria-labelledby="confirm-heading">
    <span class="icon icon-alert" aria-hidden="true"></span>
    <div>
        <h2 id="confirm-heading"><?= $this->t('my.confirm') ?></h2>
        <p><?= $this->t('my.confirm.text', ['email' => $email]) ?></p>
    </div>
    <form method="post" action="<?= $this->url('resendConfirmation') ?>" data-once data-sending="<?= $this->t('form.sending') ?>">
        <?= $this->csrf() ?>
        <button class="button button-small" type="submit"><?= $this->t('my.confirm.resend') ?></button>
    </form>
</div>

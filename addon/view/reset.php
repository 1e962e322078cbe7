<?php /** The new password; without a token, the link was over. */ ?>
<div class="wrap wrap-form">
<?php if ($token === null) : ?>
    <?= $this->partial('_link_over', ['text' => $this->text('reset.over.text'), 'action' => 'forgotPassword', 'label' => $this->text('reset.over.again')]) ?>
    <p class="center"><a href="<?= $this->url($signedIn ? 'my' : 'login') ?>"><?= $this->t($signedIn ? 'renew.back' : 'forgot.back') ?></a></p>
<?php else : ?>
    <header class="page-head">
        <h1><?= $this->t('reset.heading') ?></h1>
        <p class="lead"><?= $this->t('reset.lead') ?></p>
    </header>
<?php if (($errors[''] ?? '') !== '') : ?>
    <?= $this->partial('_notice', ['kind' => 'error', 'text' => $errors['']]) ?>
<?php endif ?>
    <form class="panel" method="post" action="<?= $this->url('resetPassword') ?>" novalidate data-once data-sending="<?= $this->t('form.sending') ?>">
        <?= $this->csrf() ?>
        <input type="hidden" name="token" value="<?= $this->e($token) ?>">
        <?= $this->field('new_password', $errors, [], ['label' => 'password.new_password', 'hint' => 'password.new_password.hint', 'type' => 'password', 'required' => true, 'minlength' => '6', 'maxlength' => '72', 'autocomplete' => 'new-password', 'autofocus' => $errors === []]) ?>
        <?= $this->field('confirm_password', $errors, [], ['label' => 'password.confirm_password', 'type' => 'password', 'required' => true, 'minlength' => '6', 'maxlength' => '72', 'autocomplete' => 'new-password']) ?>
        <button class="button button-primary button-large button-block" type="submit"><?= $this->t('reset.submit') ?></button>
    </form>
<?php endif ?>
</div>

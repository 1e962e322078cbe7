<div class="wrap wrap-form">
    <header class="page-head">
        <h1><?= $this->t('password.heading') ?></h1>
    </header>
<?php if ($changed) : ?>
    <?= $this->partial('_notice', ['kind' => 'success', 'text' => $this->text('password.done')]) ?>
<?php elseif (($errors[''] ?? '') !== '') : ?>
    <?= $this->partial('_notice', ['kind' => 'error', 'text' => $errors['']]) ?>
<?php endif ?>
    <form class="panel" method="post" action="<?= $this->url('changePassword') ?>" novalidate data-once data-sending="<?= $this->t('form.sending') ?>">
        <?= $this->csrf() ?>
        <?= $this->field('old_password', $errors, [], ['label' => 'password.old_password', 'type' => 'password', 'required' => true, 'autocomplete' => 'current-password']) ?>
        <?= $this->field('new_password', $errors, [], ['label' => 'password.new_password', 'hint' => 'password.new_password.hint', 'type' => 'password', 'required' => true, 'minlength' => '6', 'maxlength' => '72', 'autocomplete' => 'new-password']) ?>
        <?= $this->field('confirm_password', $errors, [], ['label' => 'password.confirm_password', 'type' => 'password', 'required' => true, 'minlength' => '6', 'maxlength' => '72', 'autocomplete' => 'new-password']) ?>
        <button class="button button-primary button-large button-block" type="submit"><?= $this->t('password.submit') ?></button>
    </form>
    <p class="center"><a href="<?= $this->url('forgotPassword') ?>"><?= $this->t('password.forgot') ?></a></p>
    <p class="center"><a href="<?= $this->url('my') ?>"><?= $this->t('renew.back') ?></a></p>
</div>

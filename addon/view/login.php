<div class="wrap wrap-form">
    <header class="page-head">
        <h1><?= $this->t('login.heading') ?></h1>
    </header>
<?php if ($error !== '') : ?>
    <?= $this->partial('_notice', ['kind' => 'error', 'text' => $error]) ?>
<?php endif ?>
    <form class="panel" method="post" action="<?= $this->url('doLogin') ?>" data-once data-sending="<?= $this->t('form.sending') ?>">
        <?= $this->csrf() ?>
        <?= $this->field('email', [], ['email' => $email], ['label' => 'login.email', 'type' => 'email', 'required' => true, 'maxlength' => '255', 'autocomplete' => 'username', 'inputmode' => 'email', 'autofocus' => $email === '']) ?>
        <?= $this->field('password', [], [], ['label' => 'login.password', 'type' => 'password', 'required' => true, 'autocomplete' => 'current-password', 'autofocus' => $email !== '']) ?>
        <p class="field-link"><a href="<?= $this->url('forgotPassword') ?>"><?= $this->t('login.forgot') ?></a></p>
        <button class="button button-primary button-large button-block" type="submit"><?= $this->t('login.submit') ?></button>
    </form>
    <p class="center"><?= $this->t('login.no_account') ?> <a href="<?= $this->url('registerPage') ?>"><?= $this->t('login.register') ?></a></p>
<?php if ($support !== '') : ?>
    <p class="center small muted"><?= $this->t('login.help') ?> <a href="mailto:<?= $this->e($support) ?>"><?= $this->e($support) ?></a></p>
<?php endif ?>
</div>

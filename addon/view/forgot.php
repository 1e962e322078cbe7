<?php /** A forgotten password: the form, what comes after it, or whom to write to where there is no mail. */ ?>
<div class="wrap wrap-form">
<?php if ($state === 'sent') : ?>
    <header class="page-head page-head-done">
        <span class="icon icon-mail done-mark" aria-hidden="true"></span>
        <h1><?= $this->t('forgot.sent') ?></h1>
        <p class="lead"><?= $this->t('forgot.sent.text') ?></p>
    </header>
    <section class="panel" aria-labelledby="lost-heading">
        <h2 id="lost-heading"><?= $this->t('forgot.lost') ?></h2>
        <ul class="bullets">
<?php foreach ([1, 2, 3] as $number) : ?>
            <li><?= $this->t('forgot.lost.' . $number) ?></li>
<?php endforeach ?>
        </ul>
    </section>
    <p class="actions actions-center"><a class="button button-primary button-large" href="<?= $this->url('login') ?>"><?= $this->t('forgot.back') ?></a></p>
    <p class="center"><a href="<?= $this->url('forgotPassword') ?>"><?= $this->t('forgot.again') ?></a></p>
<?php elseif ($state === 'off') : ?>
    <header class="page-head">
        <h1><?= $this->t('forgot.heading') ?></h1>
    </header>
    <section class="panel empty">
        <h2><?= $this->t('forgot.off') ?></h2>
        <p><?= $this->t($support === '' ? 'forgot.off.nobody' : 'forgot.off.text') ?></p>
<?php if ($support !== '') : ?>
        <p class="actions actions-center"><a class="button button-primary wrap-anywhere" href="mailto:<?= $this->e($support) ?>"><?= $this->e($support) ?></a></p>
<?php endif ?>
    </section>
    <p class="center"><a href="<?= $this->url($signedIn ? 'my' : 'login') ?>"><?= $this->t($signedIn ? 'renew.back' : 'forgot.back') ?></a></p>
<?php else : ?>
    <header class="page-head">
        <h1><?= $this->t('forgot.heading') ?></h1>
        <p class="lead"><?= $this->t('forgot.lead') ?></p>
    </header>
<?php if (($errors[''] ?? '') !== '') : ?>
    <?= $this->partial('_notice', ['kind' => 'error', 'text' => $errors['']]) ?>
<?php endif ?>
    <form class="panel" method="post" action="<?= $this->url('forgotPassword') ?>" novalidate data-once data-sending="<?= $this->t('form.sending') ?>">
        <?= $this->csrf() ?>
        <?= $this->field('email', $errors, ['email' => $email], ['label' => 'login.email', 'type' => 'email', 'required' => true, 'maxlength' => '100', 'autocomplete' => 'username', 'inputmode' => 'email', 'autofocus' => true]) ?>
        <button class="button button-primary button-large button-block" type="submit"><?= $this->t('forgot.submit') ?></button>
    </form>
    <p class="center"><a href="<?= $this->url($signedIn ? 'changePassword' : 'login') ?>"><?= $this->t($signedIn ? 'forgot.back.password' : 'forgot.back') ?></a></p>
<?php endif ?>
</div>

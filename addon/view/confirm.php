<?php /** One button: programs that scan mail open the link, and press none. */ ?>
<div class="wrap wrap-form">
<?php if ($state === 'over') : ?>
    <?= $this->partial('_link_over', [
        'text' => $this->text($signedIn ? 'confirm.over.my' : 'confirm.over'),
        'action' => $signedIn ? 'my' : 'login',
        'label' => $this->text($signedIn ? 'registered.my' : 'nav.login'),
    ]) ?>
<?php elseif ($state === 'done') : ?>
    <header class="page-head page-head-done">
        <span class="icon icon-check done-mark" aria-hidden="true"></span>
        <h1><?= $this->t('confirm.done') ?></h1>
        <p class="lead"><?= $this->t('confirm.done.text') ?></p>
    </header>
    <p class="actions actions-center"><a class="button button-primary button-large" href="<?= $this->url($signedIn ? 'my' : 'login') ?>"><?= $this->t($signedIn ? 'registered.my' : 'nav.login') ?></a></p>
<?php else : ?>
    <header class="page-head page-head-done">
        <span class="icon icon-mail done-mark" aria-hidden="true"></span>
        <h1><?= $this->t('confirm.heading') ?></h1>
        <p class="lead"><?= $this->t('confirm.lead') ?></p>
    </header>
<?php if ($error !== '') : ?>
    <?= $this->partial('_notice', ['kind' => 'error', 'text' => $error]) ?>
<?php endif ?>
    <form method="post" action="<?= $this->url('confirmEmail') ?>" data-once data-sending="<?= $this->t('form.sending') ?>">
        <?= $this->csrf() ?>
        <input type="hidden" name="token" value="<?= $this->e($token) ?>">
        <button class="button button-primary button-large button-block" type="submit"><?= $this->t('confirm.submit') ?></button>
    </form>
    <p class="center small muted"><?= $this->t('confirm.note') ?></p>
<?php endif ?>
</div>

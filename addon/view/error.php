<div class="wrap wrap-form error-page">
    <p class="error-code" aria-hidden="true"><?= $this->e($status) ?></p>
    <h1><?= $this->t('error.heading.' . $status) ?></h1>
    <p class="lead"><?= $this->e($message) ?></p>
    <p class="actions actions-center"><a class="button button-primary" href="<?= $this->url($signedIn ? 'my' : 'landing') ?>"><?= $this->t($signedIn ? 'error.back.my' : 'error.back') ?></a></p>
<?php if ($support !== '') : ?>
    <p class="small muted"><?= $this->t('error.contact') ?> <a href="mailto:<?= $this->e($support) ?>"><?= $this->e($support) ?></a></p>
<?php endif ?>
</div>

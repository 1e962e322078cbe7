<?php /** A link of a letter that does not work any more, and the way on. */ ?>
<header class="page-head">
    <span class="icon icon-clock done-mark done-mark-over" aria-hidden="true"></span>
    <h1><?= $this->t('link.over') ?></h1>
    <p class="lead"><?= $this->e($text) ?></p>
</header>
<p class="actions actions-center"><a class="button button-primary button-large" href="<?= $this->url($action) ?>"><?= $this->e($label) ?></a></p>

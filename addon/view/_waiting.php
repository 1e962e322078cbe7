<?php
/** Visible progress; the script polls the status and then either reloads the page or fills in what came. */
?>
<div class="waiting" data-watch="<?= $this->url('status', $order === '' ? [] : ['order' => $order]) ?>" data-then="<?= $this->e($then) ?>" data-my="<?= $this->url('my') ?>">
    <div class="progress" role="progressbar" aria-label="<?= $this->t('wait.progress') ?>"><span></span></div>
    <p aria-live="polite" data-watch-text data-still="<?= $this->t('wait.still') ?>" data-ready="<?= $this->t('registered.ready') ?>" data-failed="<?= $this->t('registered.failed') ?>"><?= $this->e($text) ?></p>
    <p data-watch-refresh hidden><a class="button button-small" href="<?= $this->url('my', $order === '' ? [] : ['order' => $order]) ?>"><?= $this->t('wait.refresh') ?></a></p>
</div>

<span class="mark mark-<?= $this->e($channel) ?>" aria-hidden="true"><?= $this->t('channel.' . $channel . '.mark') ?></span>

<?php
/** The embed code: a read-only block that a keyboard can reach, and a button that copies it. */
?>
<div class="code" data-copy-area>
    <pre tabindex="0" role="region" aria-label="<?= $this->e($label) ?>"><code data-copy-source><?= $this->e($code) ?></code></pre>
    <button type="button" class="button button-small" data-copy data-done="<?= $this->t('copy.done') ?>" data-manual="<?= $this->t('copy.manual') ?>" hidden><span class="icon icon-copy" aria-hidden="true"></span><span data-copy-label aria-live="polite"><?= $this->t('copy') ?></span></button>
</div>

<?php $role = $kind === 'error' ? 'alert' : 'status'; ?>
<div class="notice notice-<?= $this->e($kind) ?>" role="<?= $role ?>">
    <span class="icon icon-<?= $kind === 'success' ? 'check' : (in_array($kind, ['error', 'warn'], true) ? 'alert' : 'info') ?>" aria-hidden="true"></span>
    <p><?= $this->e($text) ?></p>
</div>
